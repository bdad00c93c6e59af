# The compliance tests that ship in the module, on each Pester that is staged, judged on a snapshot of this machine in the place of the
# servers.
BeforeDiscovery {
    $noShell = $IsWindows
    $staged = Split-Path (Split-Path $env:FOOBAR_TEST_PESTER)
    $others = if ((Split-Path $staged -Leaf) -eq 'Pester') {
        (Get-ChildItem $staged -Directory).ForEach({ Join-Path $_.FullName 'Pester.psd1' }).Where({ $_ -ne $env:FOOBAR_TEST_PESTER })
    }
}

Describe 'The compliance tests' -Skip:$noShell {
    BeforeAll {
        Import-Module $env:FOOBAR_TEST_MODULE -Force
        $inventory = Join-Path $PSScriptRoot 'Data' 'foobar.json'
        $script = Join-Path (Split-Path $env:FOOBAR_TEST_MODULE) 'Compliance' 'Foobar.Compliance.Tests.ps1'
        $snapshot = Join-Path $TestDrive 'snapshot.json'

        # An ssh that stands in for the servers, and tells how often it was called.
        $log = Join-Path $TestDrive 'ssh.log'
        $bin = (New-Item -ItemType Directory (Join-Path $TestDrive 'bin')).FullName
        "#!/bin/sh`necho called >>'$log'`nexec '$(Join-Path $PSScriptRoot 'Data' 'stand-in' 'ssh')' `"`$@`"" | Set-Content (Join-Path $bin 'ssh')
        chmod +x (Join-Path $bin 'ssh')
        $path = $env:PATH
        $env:PATH = $bin + [System.IO.Path]::PathSeparator + $path
        $null = Export-FoobarSnapshot -Path $snapshot -Inventory $inventory -Server lb-01, web-01 -ErrorAction SilentlyContinue
        $env:PATH = $path

        $all = Invoke-FoobarAudit -Snapshot $snapshot
        # Controls of the setup as a whole are judged where no server is named.
        $two = $all | Where-Object { $_.Server -in 'lb-01', 'web-01' -and $_.Area -ne 'Topology' }
        $trouble = $two | Where-Object { $_.Server -eq 'lb-01' -and $_.Status -eq 'Fail' } | Select-Object -First 1
        $undecided = $two | Where-Object { $_.Server -eq 'web-01' -and $_.Status -eq 'Unknown' } | Select-Object -First 1
        $accepted = Join-Path $TestDrive 'accepted.json'
        $copy = Get-Content $snapshot -Raw | ConvertFrom-Json -AsHashtable
        $copy.inventory.policy.suppressions = @(@{ control = $trouble.ControlId; server = 'lb-01'; reason = 'Until the <new> one'; until = '2999-12-31' })
        $copy | ConvertTo-Json -Depth 100 | Set-Content $accepted

        # In a PowerShell of its own, since one Pester can't run in another; one for all runs, since each takes long to start.
        function Test-Compliance([hashtable] $Run, $Pester = $env:FOOBAR_TEST_PESTER) {
            $file = Join-Path $TestDrive "$([guid]::NewGuid()).json"
            $Run | ConvertTo-Json -Depth 5 | Set-Content $file
            $command = @'
                $runs = Get-Content FILE -Raw | ConvertFrom-Json -AsHashtable
                $said = @{}
                foreach ($name in $runs.Keys) {
                    $configuration = New-PesterConfiguration
                    $configuration.Run.Container = New-PesterContainer -Path 'SCRIPT' -Data $runs[$name].Data
                    $configuration.Run.PassThru = $true
                    $configuration.Output.Verbosity = 'None'
                    $configuration.Filter.Tag = @($runs[$name].Tag | Where-Object { $_ })
                    $r = Invoke-Pester -Configuration $configuration
                    $run = @($r.Tests | Where-Object ShouldRun)
                    $said[$name] = @{
                        Failed = $r.FailedCount; Passed = $r.PassedCount; Skipped = $r.SkippedCount; Broken = $r.FailedContainersCount; Version = "$($r.Version)"
                        Names = @($run.Name); Places = @($run | ForEach-Object { $_.Block.Name } | Select-Object -Unique); Tags = @($run.Tag | Select-Object -Unique)
                        Messages = @($r.Failed.ErrorRecord | ForEach-Object { "$_" })
                    }
                }
                $said | ConvertTo-Json -Depth 4
'@
            & pwsh -NoProfile -Command "Import-Module '$Pester'; $($command.Replace('FILE', "'$file'").Replace('SCRIPT', $script))" | ConvertFrom-Json -AsHashtable
        }

        $runs = Test-Compliance @{
            two = @{ Data = @{ Snapshot = $snapshot; Server = 'lb-01', 'web-01' } }
            critical = @{ Data = @{ Snapshot = $snapshot }; Tag = 'Critical' }
            one = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001'; Server = 'lb-01' } }
            mapped = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-*'; Server = 'lb-01'; Framework = 'PCI DSS' } }
            undecided = @{ Data = @{ Snapshot = $snapshot; Server = 'web-01'; Control = $undecided.ControlId } }
            allowed = @{ Data = @{ Snapshot = $snapshot; Server = 'web-01'; Control = $undecided.ControlId; AllowUnknown = 'XX-*', $undecided.ControlId } }
            suppressed = @{ Data = @{ Snapshot = $accepted; Server = 'lb-01'; Control = $trouble.ControlId } }
            unread = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001', 'INV-003'; AllowUnknown = '*' } }
            untold = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001', 'INV-003'; AllowUnknown = '*', 'INV-003' } }
            idle = @{ Data = @{ Snapshot = $snapshot; Control = 'INV-001' } }
            nothing = @{ Data = @{ Snapshot = "$snapshot.none" } }
            server = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001'; Server = 'lb-01', 'web-77' } }
            wildcard = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001'; Server = 'lb-01', 'wbe-*' } }
            control = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001', 'SVR-002'; Server = 'lb-01' } }
            framework = @{ Data = @{ Snapshot = $snapshot; Control = 'SRV-001'; Framework = 'PCI DDS' } }
        }
    }

    It 'are one a control and server, and fail exactly where a finding does' {
        $groups = $two | Group-Object ControlId, Server
        $bad = @($groups | Where-Object { $_.Group.Status -contains 'Fail' -or $_.Group.Status -contains 'Unknown' })
        $idle = @($groups | Where-Object { -not ($_.Group.Status -ne 'NotApplicable') })
        $runs.two.Names.Count | Should -Be $groups.Count
        $bad.Count | Should -BeGreaterThan 0
        $runs.two.Failed | Should -Be $bad.Count
        $runs.two.Skipped | Should -Be $idle.Count
        $runs.two.Messages | ForEach-Object { $_ | Should -Match '^(Fail|Unknown) ' }
    }

    It 'do the same on <_>' -ForEach $others {
        $older = (Test-Compliance @{ two = @{ Data = @{ Snapshot = $snapshot; Server = 'lb-01', 'web-01' } } } $_).two
        $older.Version | Should -Be (Split-Path (Split-Path $_) -Leaf)
        $older.Version | Should -Not -Be $runs.two.Version
        $older.Names | Should -Be $runs.two.Names
        $older.Failed, $older.Skipped | Should -Be $runs.two.Failed, $runs.two.Skipped
        $older.Messages | Should -Be $runs.two.Messages
    }

    It 'are tagged with control, area, severity and frameworks' {
        $runs.two.Tags | Should -Contain 'SRV-001'
        $runs.two.Tags | Should -Contain 'Firewall'
        $runs.two.Tags | Should -Contain 'Critical'
        $runs.two.Tags | Should -Contain 'PCI DSS'
    }

    It 'have a place of its own for what is of the site as a whole' {
        $critical = $all | Where-Object Severity -eq 'Critical'
        $runs.critical.Names.Count | Should -Be @($critical | Group-Object ControlId, Server).Count
        $places = $critical.Server | ForEach-Object { $_ ? $_ : 'the site' } | Select-Object -Unique | Sort-Object
        $runs.critical.Places | Sort-Object | Should -Be $places
        $places | Should -Contain 'the site'
        $runs.critical.Names.Where({ $_ -like '* the site: *' }) | Should -Not -BeNullOrEmpty
    }

    It 'can be narrowed to controls, and to what maps to a framework' {
        $runs.one.Names | Should -BeLike 'SRV-001 lb-01: *'
        $runs.mapped.Names -replace ' .*' | Should -Be (Get-FoobarControl -Area Server -Framework 'PCI DSS').Id
    }

    It 'fail for what could not be decided, unless that is allowed' {
        $runs.undecided.Failed | Should -Be 1
        $runs.undecided.Messages | Should -Match '^Unknown '
        $runs.allowed.Failed, $runs.allowed.Broken | Should -Be 0, 0
    }

    It 'pass over what is suppressed, and tell why and until when' {
        $runs.suppressed.Failed, $runs.suppressed.Broken | Should -Be 0, 0
        $runs.suppressed.Skipped | Should -Be 1
        $runs.suppressed.Passed | Should -Be 0
        $runs.suppressed.Names | Should -Match '\[\d+ suppressed until 2999-12-31: Until the new one\]$'
    }

    It 'fail for a server that was never read, whatever may be undecided' {
        $runs.unread.Failed | Should -Be 1
        $runs.unread.Messages | Should -Match '^Unknown : off-01 '
        $runs.untold.Failed, $runs.untold.Broken | Should -Be 0, 0
    }

    It 'fail as a whole where no control applies' {
        $runs.idle.Broken | Should -Be 1
    }

    It 'fail as a whole where <_> does not exist' -ForEach 'nothing', 'wildcard', 'server', 'control', 'framework' {
        $runs[$_].Broken | Should -Be 1
    }

    It 'read the live site once' {
        $data = @{ Inventory = $inventory; Server = 'lb-01'; Control = 'SRV-*' }
        $env:PATH = $bin + [System.IO.Path]::PathSeparator + $path
        try {
            Remove-Item $log
            & pwsh -NoProfile -Command "Import-Module '$env:FOOBAR_TEST_MODULE'; `$null = Invoke-FoobarAudit -Inventory '$inventory' -Server lb-01 -Control SRV-* -ErrorAction SilentlyContinue"
            $once = @(Get-Content $log).Count
            Remove-Item $log
            (Test-Compliance @{ live = @{ Data = $data } }).live.Names.Count | Should -BeGreaterThan 10
            @(Get-Content $log).Count | Should -Be $once
        }
        finally { $env:PATH = $path }
    }
}
