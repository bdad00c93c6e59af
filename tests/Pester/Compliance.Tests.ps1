# The compliance tests that ship in the module, judged on a snapshot of this machine in the place of the servers.
BeforeDiscovery {
    $noShell = $IsWindows
}

Describe 'The compliance tests' -Skip:$noShell {
    BeforeAll {
        Import-Module $env:FOOBAR_TEST_MODULE -Force
        $path = $env:PATH
        $env:PATH = (Join-Path $PSScriptRoot 'Data' 'stand-in') + [System.IO.Path]::PathSeparator + $env:PATH
        $snapshot = Join-Path $TestDrive 'snapshot.json'
        $null = Export-FoobarSnapshot -Path $snapshot -Inventory (Join-Path $PSScriptRoot 'Data' 'foobar.json') -Server lb-01, web-01 -ErrorAction SilentlyContinue
        $env:PATH = $path
        $script = Join-Path (Split-Path $env:FOOBAR_TEST_MODULE) 'Compliance' 'Foobar.Compliance.Tests.ps1'

        # In a PowerShell of its own: one Pester can't run in another.
        function Test-Compliance($data) {
            $command = "Import-Module '$env:FOOBAR_TEST_PESTER'; `$c = New-PesterContainer -Path '$script' -Data $data; `$r = Invoke-Pester -Container `$c -Output None -PassThru; " +
                "[pscustomobject]@{ Passed = `$r.PassedCount; Failed = `$r.FailedCount; Skipped = `$r.SkippedCount; Broken = `$r.FailedContainersCount; Names = @(`$r.Tests.Name); Messages = @(`$r.Failed.ErrorRecord | ForEach-Object { `"`$_`" }) } | ConvertTo-Json"
            & pwsh -NoProfile -Command $command | ConvertFrom-Json
        }
    }

    It 'are one a control and server, and fail exactly where a finding does' {
        $groups = Invoke-FoobarAudit -Snapshot $snapshot -Server lb-01, web-01 | Group-Object ControlId, Server
        $bad = @($groups | Where-Object { $_.Group.Status -contains 'Fail' -or $_.Group.Status -contains 'Unknown' })
        $idle = @($groups | Where-Object { -not ($_.Group.Status -ne 'NotApplicable') })
        $result = Test-Compliance "@{ Snapshot = '$snapshot'; Server = 'lb-01', 'web-01' }"
        $result.Names.Count | Should -Be $groups.Count
        $bad.Count | Should -BeGreaterThan 0
        $result.Failed | Should -Be $bad.Count
        $result.Skipped | Should -Be $idle.Count
        $result.Messages | ForEach-Object { $_ | Should -Match '^(Fail|Unknown) ' }
    }

    It 'can be narrowed to controls' {
        (Test-Compliance "@{ Snapshot = '$snapshot'; Control = 'SRV-001'; Server = 'lb-01' }").Names | Should -BeLike 'SRV-001 lb-01: *'
    }

    It 'fail as a whole where there is nothing to judge' {
        (Test-Compliance "@{ Snapshot = '$snapshot.none' }").Broken | Should -Be 1
    }

    It 'fail as a whole where a name is mistyped' {
        (Test-Compliance "@{ Snapshot = '$snapshot'; Control = 'SRV-001'; Server = 'lb-01', 'web-77' }").Broken | Should -Be 1
        (Test-Compliance "@{ Snapshot = '$snapshot'; Control = 'SRV-001', 'SVR-002'; Server = 'lb-01' }").Broken | Should -Be 1
    }
}
