# Audits of saved snapshots, reports and comparisons; what needs a raised lab has the tag Lab.
BeforeDiscovery {
    $lab = $env:FOOBAR_INVENTORY
}

BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $data = Join-Path $PSScriptRoot 'Data'
    $before = Join-Path $data 'before.snapshot.json'
    $after = Join-Path $data 'after.snapshot.json'
    function KeyFindings($snapshot) { Invoke-FoobarAudit -Snapshot $snapshot -Control TLS-008 }
}

Describe 'Invoke-FoobarAudit on a snapshot' {
    It 'gives one finding a control and server, in the order of the inventory' {
        $findings = KeyFindings $after
        $findings.Server | Should -Be 'lb-01', 'web-01', 'web-02'
        $findings.Status | Should -Be 'Fail', 'Pass', 'Unknown'
        $findings[2].Reason | Should -Be 'web-02: no route to host.'
        $findings[0].Time | Should -Be ([DateTimeOffset]'2026-11-22T12:00:00Z')
        $findings[0] | Should -BeOfType Foobar.Ops.Findings.Finding
    }

    It 'gives the same findings each time' {
        Invoke-FoobarAudit -Snapshot $after | ConvertTo-Json -Depth 5 | Should -Be (Invoke-FoobarAudit -Snapshot $after | ConvertTo-Json -Depth 5)
    }

    It 'narrows by server, role, area and control, from the pipeline too' {
        (Invoke-FoobarAudit web-* -Snapshot $after -Control TLS-008).Server | Should -Be 'web-01', 'web-02'
        (Invoke-FoobarAudit -Role LoadBalancer -Snapshot $after -Control TLS-008).Server | Should -Be 'lb-01'
        ('web-01' | Invoke-FoobarAudit -Snapshot $after -Control TLS-008).Server | Should -Be 'web-01'
        (Invoke-FoobarAudit -Snapshot $after -Area Tls -ExcludeControl TLS-00*).ControlId | Should -Not -Contain 'TLS-008'
        @() | Invoke-FoobarAudit -Snapshot $after | Should -BeNullOrEmpty
    }

    It 'takes a typing mistake for an error, never for a pass' {
        { Invoke-FoobarAudit -Snapshot $after -Control FWW-* } | Should -Throw -ErrorId 'ControlNotFound,*'
        $null = Invoke-FoobarAudit web-77 -Snapshot $after -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.FullyQualifiedErrorId | Should -BeLike 'ServerNotFound,*'
        { Invoke-FoobarAudit -Snapshot (Join-Path $data 'none.json') } | Should -Throw -ExpectedMessage '*cannot be read*'
        { Invoke-FoobarAudit -Snapshot (Join-Path $data 'foobar.json') } | Should -Throw -ExpectedMessage '*not a usable snapshot*'
    }

    It 'fails a pipeline on <FailOn> with exit code <Code>, after all findings' -ForEach @(
        @{ FailOn = 'Fail', 'Unknown'; Code = 1 }
        @{ FailOn = 'Unknown'; Code = 2 }
        @{ FailOn = 'Warning'; Code = 3; Id = 'AuditIncomplete' }
    ) {
        $failure = $null
        $findings = @()
        try {
            Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -FailOn $FailOn -OutVariable findings -ExitCodeVariable exit | Out-Null
        }
        catch {
            $failure = $_
        }

        $findings.Count | Should -Be 3
        $exit | Should -Be $Code
        $failure.FullyQualifiedErrorId | Should -BeLike "$($Id ?? 'AuditFailed'),*"
    }

    It 'lets findings below -MinimumSeverity through' {
        { Invoke-FoobarAudit lb-01 -Snapshot $after -Control TLS-008 -FailOn Fail -MinimumSeverity Critical -ExitCodeVariable script:low } | Should -Not -Throw
        $script:low | Should -Be 0
    }

    # web-01 passes; lb-01 fails; web-02 could not be read.
    It 'ends a script of CI with <Code>: <Parameters>' -ForEach @(
        @{ Code = 0; Parameters = "web-01 -Snapshot '{0}' -Control TLS-008 -FailOn Fail, Unknown" }
        @{ Code = 1; Parameters = "-Snapshot '{0}' -Control TLS-008 -FailOn Fail" }
        @{ Code = 2; Parameters = "web-02 -Snapshot '{0}' -Control TLS-008 -FailOn Fail, Unknown" }
        @{ Code = 3; Parameters = "web-02 -Snapshot '{0}' -Control TLS-008 -FailOn Fail" }
        @{ Code = 3; Parameters = "-Snapshot '{0}' -Control TLSS-008 -FailOn Fail" }
        @{ Code = 3; Parameters = '-Inventory /nope.json -FailOn Fail' }
        @{ Code = 3; Parameters = '-Inventory /nope.json -FailOn Fial' }
    ) {
        $audit = "Invoke-FoobarAudit -OutVariable findings $($Parameters -f $after) -ExitCodeVariable code -ErrorAction Continue"
        $report = Join-Path $TestDrive "$([guid]::NewGuid()).xml"
        $script = Join-Path $TestDrive 'ci.ps1'
        Set-Content $script "Import-Module '$env:FOOBAR_TEST_MODULE'`n$audit`n`$findings | Export-FoobarReport '$report' -Force`nexit (`$code ?? 3)"
        $null = & pwsh -NoProfile -NonInteractive -File $script 2>&1
        $LASTEXITCODE | Should -Be $Code
        Test-Path $report | Should -Be ($Parameters -match 'TLS-008')
    }

    It 'gives what is new beside a <_>, and what is mended' -ForEach 'snapshot', 'report', 'file of Export-Clixml', 'list of findings' {
        $way = $_
        function Kept($snapshot) {
            $kept = Invoke-FoobarAudit -Snapshot $snapshot -Area Tls
            switch ($way) {
                'snapshot' { $snapshot }
                'report' { ($kept | Export-FoobarReport (Join-Path $TestDrive 'kept.json') -Force).FullName }
                'file of Export-Clixml' { $kept | Export-Clixml (Join-Path $TestDrive 'kept.xml'); Join-Path $TestDrive 'kept.xml' }
                'list of findings' { , $kept }
            }
        }
        $new = Invoke-FoobarAudit -Snapshot $after -Area Tls -Baseline (Kept $before)
        $new.ControlId, $new.Server, $new.Status, $new.Change | Should -Be 'TLS-008', 'lb-01', 'Fail', 'New'
        $mended = Invoke-FoobarAudit -Snapshot $before -Area Tls -Baseline (Kept $after)
        $mended.ControlId, $mended.Server, $mended.Status, $mended.Change | Should -Be 'TLS-008', 'lb-01', 'Pass', 'Mended'
        $mended | Out-String -Width 120 | Should -Match 'mended: '
        Invoke-FoobarAudit -Snapshot $after -Area Tls -Baseline (Kept $after) | Should -BeNullOrEmpty
    }

    It 'narrows by severity and status; -FailOn counts what -Status leaves out' {
        (Invoke-FoobarAudit -Snapshot $after -Severity High).Severity | Select-Object -Unique | Should -Be 'High'
        (Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -Status Fail, Unknown).Server | Should -Be 'lb-01', 'web-02'
        { Invoke-FoobarAudit -Snapshot $after -Control TLS-008 -Status Pass -FailOn Fail } | Should -Throw -ErrorId 'AuditFailed,*'
    }

    It 'shows what the inventory accepts, fails nothing for it, and tells when that is over' {
        $text = Get-Content $after -Raw | ConvertFrom-Json -AsHashtable -DateKind String
        $text.inventory.policy.suppressions = @(
            @{ control = 'TLS-008'; server = 'lb-*'; reason = 'Ticket 7'; until = '2026-11-22' }
            @{ control = 'TLS-008'; server = 'web-02'; reason = 'Ticket 8'; until = '2026-11-21' })
        $path = Join-Path $TestDrive 'accepted.json'
        $text | ConvertTo-Json -Depth 99 | Set-Content $path
        $findings = Invoke-FoobarAudit -Snapshot $path -Control TLS-008
        $findings.Status | Should -Be 'Fail', 'Pass', 'Unknown'
        $findings[0].Suppressed.Reason | Should -Be 'Ticket 7'
        @($findings[1, 2] | Where-Object Suppressed).Count | Should -Be 0
        $findings | Out-String -Width 120 | Should -Match 'accepted until 2026-11-22 \(Ticket 7\)'
        { Invoke-FoobarAudit lb-01 -Snapshot $path -Control TLS-008 -FailOn Fail } | Should -Not -Throw
        (Invoke-FoobarAudit -Snapshot $path -Control INV-001).Status | Should -Be 'Pass', 'Fail'
        $back = $findings | ConvertTo-Json -Depth 3 | ConvertFrom-Json | Export-FoobarReport (Join-Path $TestDrive 'back.json')
        Get-Content $back -Raw | Should -Be (Get-Content ($findings | Export-FoobarReport (Join-Path $TestDrive 'here.json')) -Raw)
    }

    It 'never fails unless told to' {
        Invoke-FoobarAudit -Snapshot $after | Should -Not -BeNullOrEmpty
    }
}

Describe 'Get-FoobarControl' {
    It 'knows every id of the findings, and says why and what to do' {
        $control = KeyFindings $after | Select-Object -First 1 | Get-FoobarControl
        $control.Id | Should -Be 'TLS-008'
        $control.Rationale, $control.Remediation | Should -Not -BeNullOrEmpty
    }

    It 'narrows by wildcard, area and severity' {
        (Get-FoobarControl tls-*).Area | Select-Object -Unique | Should -Be 'Tls'
        (Get-FoobarControl -Area Database, Server).Area | Select-Object -Unique | Should -Be 'Server', 'Database'
        (Get-FoobarControl -MinimumSeverity Critical).Severity | Select-Object -Unique | Should -Be 'Critical'
    }

    It 'tells what a control maps to, and narrows by it' {
        "$((Get-FoobarControl FW-017).References)" | Should -Be 'CIS Debian 12 3.3.7 PCI DSS 1.4.3 NIST SP 800-53 SC-7 MITRE ATT&CK M1037'
        (Get-FoobarControl -Framework 'pci dss').Id | Should -Contain 'FW-017'
        (Get-FoobarControl -Framework 'PCI DSS').Id | Should -Not -Contain 'TLS-009'
        (Get-FoobarControl -Reference 'PCI DSS 1.4.3').Id | Should -Be 'FW-017'
        (Get-FoobarControl FW-* -Reference 'M1030').Id | Should -Be 'FW-010', 'FW-011', 'FW-015'
        { Get-FoobarControl -Reference 'PCI DSS 13.*' } | Should -Throw -ErrorId 'ReferenceNotFound,*'
    }

    It 'has one error an unknown id, and goes on' {
        $found = Get-FoobarControl NO-1, TLS-008 -ErrorVariable failures -ErrorAction SilentlyContinue
        $found.Id | Should -Be 'TLS-008'
        $failures.FullyQualifiedErrorId | Should -BeLike 'ControlNotFound,*'
    }

    It 'completes ids' {
        (TabExpansion2 'Get-FoobarControl TLS-00').CompletionMatches.CompletionText | Should -Contain 'TLS-008'
        (TabExpansion2 'Invoke-FoobarAudit -Control DB-').CompletionMatches.CompletionText | Should -Contain 'DB-001'
    }

    It 'completes frameworks and requirements' {
        (TabExpansion2 'Get-FoobarControl -Framework P').CompletionMatches.CompletionText | Should -Be "'PCI DSS'"
        (TabExpansion2 "Get-FoobarControl -Reference 'PCI DSS 1.4").CompletionMatches.CompletionText | Should -Contain "'PCI DSS 1.4.3'"
    }
}

Describe 'Export-FoobarReport' {
    It 'writes JUnit that counts what it holds' {
        $file = KeyFindings $after | Export-FoobarReport (Join-Path $TestDrive 'audit.xml')
        $file | Should -BeOfType System.IO.FileInfo
        $suites = ([xml](Get-Content $file -Raw)).testsuites
        $suites.tests, $suites.failures, $suites.errors | Should -Be '3', '1', '1'
        $suites.SelectNodes('//testcase').Count | Should -Be 3
    }

    It 'writes SARIF, JSON and Markdown, told by the name or by -Format' {
        $findings = KeyFindings $after
        (Get-Content ($findings | Export-FoobarReport (Join-Path $TestDrive 'a.sarif')) -Raw | ConvertFrom-Json).runs[0].results.Count | Should -Be 3
        (Get-Content ($findings | Export-FoobarReport (Join-Path $TestDrive 'a.json')) -Raw | ConvertFrom-Json).counts.Fail | Should -Be 1
        Get-Content ($findings | Export-FoobarReport (Join-Path $TestDrive 'a.txt') -Format Markdown) -Raw | Should -Match '## Fail'
        { $findings | Export-FoobarReport (Join-Path $TestDrive 'b.txt') } | Should -Throw -ErrorId 'ReportFormatUnknown,*'
    }

    It 'writes HTML, NUnit 3 and CSV that other programs read' {
        $findings = KeyFindings $after
        $page = Get-Content ($findings | Export-FoobarReport (Join-Path $TestDrive 'a.html')) -Raw
        $page | Should -Match '<h1>www\.foobar\.com</h1>'
        ([regex]::Matches($page, 'class="finding ')).Count | Should -Be 3
        $run = ([xml](Get-Content ($findings | Export-FoobarReport (Join-Path $TestDrive 'a.nunit.xml')) -Raw)).'test-run'
        $run.total, $run.failed | Should -Be '3', '2'
        $rows = Import-Csv ($findings | Export-FoobarReport (Join-Path $TestDrive 'a.csv'))
        $rows.Server | Should -Be 'lb-01', 'web-01', 'web-02'
        $rows[0].Evidence | Should -Be $findings[0].Evidence
    }

    It 'names the schema of its JSON, which lies in the module and fits' {
        $file = KeyFindings $after | Export-FoobarReport (Join-Path $TestDrive 'schema.json')
        $schema = Join-Path (Get-Module Foobar.Ops).ModuleBase (Get-Content $file -Raw | ConvertFrom-Json).'$schema'
        Test-Json -Path $file -SchemaFile $schema | Should -BeTrue
    }

    It 'tells what is new and what is mended since earlier audits, given by path, wildcard, file or as a snapshot' {
        $folder = New-Item (Join-Path $TestDrive 'earlier') -ItemType Directory
        $null = KeyFindings $before | Export-FoobarReport (Join-Path $folder 'one.json')
        $null = Export-FoobarReport -InputObject (KeyFindings $before) -Path (Join-Path $folder 'other.json') -SiteName other.example
        foreach ($previous in (Join-Path $folder *.json), (Join-Path $folder one.json), (Get-Item (Join-Path $folder one.json)), $before) {
            $text = Get-Content (KeyFindings $after | Export-FoobarReport (Join-Path $TestDrive 'trend.md') -Previous $previous -Force) -Raw
            $text | Should -Match '### New\n\n- TLS-008 Fail at lb-01' -Because $previous
        }
        $text = Get-Content (KeyFindings $before | Export-FoobarReport (Join-Path $TestDrive 'trend.md') -Previous $after -Force) -Raw
        $text | Should -Not -Match 'Since earlier audits' -Because 'what is later is no earlier audit'
    }

    It 'says which earlier audit it cannot read, and makes the report of the others' {
        Set-Content (Join-Path $TestDrive 'broken.json') '{ "findings": 1 }'
        $page = KeyFindings $after | Export-FoobarReport (Join-Path $TestDrive 'rest.html') -Previous (Join-Path $TestDrive 'broken.json'), (Join-Path $TestDrive 'none.json'), $before, 7 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.FullyQualifiedErrorId | Should -BeLike 'Report*,*'
        ($failures.FullyQualifiedErrorId -replace ',.*') | Should -Be 'ReportNotFound', 'ReportInvalid', 'ReportInvalid'
        Get-Content $page -Raw | Should -Match '<section id="trends"'
    }

    It 'plots rates and replication that come down the same pipeline, also from a job' {
        $time = [DateTimeOffset]'2026-11-22T12:00:00Z'
        $rates = 1..5 | ForEach-Object {
            [Foobar.Ops.Traffic.TrafficRate] @{
                Server = 'lb-01'; Origin = 'HaproxyFrontend'; Name = 'www-https'; Unit = 'Requests'; Start = $time.AddSeconds(5 * $_ - 5); End = $time.AddSeconds(5 * $_)
                WindowSeconds = 5; Count = 500 + $_; CountLower = 500 + $_; CountUpper = 500 + $_
            }
        }
        $status = [Foobar.Ops.Database.ReplicationStatus] @{ Server = 'web-02'; Role = 'Replica'; Source = 'web-01'; Receiver = 'Running'; Applier = 'Running'; LagSeconds = 0.5; Time = $time }
        $rates, $status | ForEach-Object { $_ } | Export-Clixml (Join-Path $TestDrive 'measured.xml') -Depth 3
        foreach ($measured in @(, @($rates + $status)), @(, @(Import-Clixml (Join-Path $TestDrive 'measured.xml')))) {
            $page = Get-Content (@(KeyFindings $after) + $measured[0] | Export-FoobarReport (Join-Path $TestDrive 'plots.html') -Force) -Raw
            $page | Should -Match 'Last 101, mean 101, least 100, most 101 a second in 5 windows'
            $page | Should -Match '<h3>web-02: lag</h3>'
            $json = Get-Content (@(KeyFindings $after) + $measured[0] | Export-FoobarReport (Join-Path $TestDrive 'plots.json') -Force) -Raw | ConvertFrom-Json
            $json.traffic[0].points.Count, $json.replication[0].lagSeconds | Should -Be 5, 0.5
        }
    }

    It 'plots the rates that this machine kept' {
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = "$TestDrive"
        try {
            $inventory = Join-Path $data 'foobar.json'
            $now = [DateTimeOffset]::UtcNow
            $store = [Foobar.Ops.Traffic.History.RateStore]::Open([Foobar.Ops.Inventory.InventoryLoader]::Load($inventory), $now, [NullString]::Value)
            $series = [Foobar.Ops.Traffic.History.RateSeries]::new('lb-01', 'HaproxyFrontend', 'kept')
            $store.Add([System.ValueTuple[Foobar.Ops.Traffic.History.RateSeries, Foobar.Ops.Traffic.Anomalies.RateSample][]] @(
                    foreach ($minutes in 1..30) { [System.ValueTuple]::Create($series, [Foobar.Ops.Traffic.Anomalies.RateSample]::new($now.AddMinutes(-$minutes), 600, 60)) }
                ))
            $store.Dispose()
            $page = Get-Content (KeyFindings $after | Export-FoobarReport (Join-Path $TestDrive 'kept.html') -HistoryDays 1 -Inventory $inventory) -Raw
            $page | Should -Match '<h3>lb-01: kept</h3>'
            $page | Should -Match 'mean 10, least 10'
        }
        finally {
            $env:XDG_STATE_HOME = $state
        }
    }

    It 'replaces a file only with -Force, and writes nothing with -WhatIf' {
        $path = Join-Path $TestDrive 'once.json'
        $null = KeyFindings $after | Export-FoobarReport $path -WhatIf
        $path | Should -Not -Exist
        $null = KeyFindings $after | Export-FoobarReport $path
        { KeyFindings $after | Export-FoobarReport $path } | Should -Throw -ErrorId 'FileExists,*'
        { KeyFindings $after | Export-FoobarReport $path -Force } | Should -Not -Throw
    }

    It 'writes no report of nothing' {
        $path = Join-Path $TestDrive 'nothing.xml'
        { @() | Export-FoobarReport $path } | Should -Throw -ErrorId 'ReportEmpty,*'
        { Export-FoobarReport $path -Finding @() } | Should -Throw -ErrorId 'ReportEmpty,*'
        $path | Should -Not -Exist
        foreach ($name in 'none.html', 'none.json', 'none.sarif', 'none.xml', 'none.nunit.xml', 'none.md', 'none.csv') {
            @() | Export-FoobarReport (Join-Path $TestDrive $name) -AllowEmpty | Should -Exist
        }
    }
}

Describe 'Findings that came back' {
    It 'from <_> compare and are reported as before' -ForEach 'Export-Clixml', 'a job', 'JSON' {
        $way = $_
        $findings = KeyFindings $after
        $back = switch ($way) {
            'Export-Clixml' {
                $findings | Export-Clixml (Join-Path $TestDrive 'f.xml')
                Import-Clixml (Join-Path $TestDrive 'f.xml')
            }
            'a job' {
                $module = $env:FOOBAR_TEST_MODULE
                Start-Job { Import-Module $using:module; Invoke-FoobarAudit -Snapshot $using:after -Control TLS-008 } | Receive-Job -Wait -AutoRemoveJob
            }
            'JSON' { $findings | ConvertTo-Json | ConvertFrom-Json }
        }
        @($back | Where-Object Status -eq 'Fail').Count | Should -Be 1
        if ($way -ne 'JSON') {
            @($back | Where-Object { $_.Severity -ge 'High' }).Count | Should -Be 3
            @($back | Where-Object { $_.Severity -ge 'Critical' }).Count | Should -Be 0
        }
        $one = $findings | Export-FoobarReport (Join-Path $TestDrive 'one.md') -Force
        $two = $back | Export-FoobarReport (Join-Path $TestDrive 'two.md') -Force
        Get-Content $two -Raw | Should -Be (Get-Content $one -Raw)
    }

    It 'are written as words in JSON' {
        $json = KeyFindings $after | ConvertTo-Json -WarningVariable warnings
        $json | Should -Match '"Status": "Fail"'
        $json | Should -Match '"Severity": "High"'
        $warnings | Should -BeNullOrEmpty
    }
}

Describe 'Compare-FoobarSnapshot' {
    It 'tells the fact and the finding that changed' {
        $differences = Compare-FoobarSnapshot $before $after
        $differences.Kind | Should -Be 'Fact', 'Finding'
        $differences[0].Target | Should -Be 'keyFiles.value[/etc/haproxy/www.pem].mode'
        $differences[0].Before, $differences[0].After | Should -Be '384', '420'
        $differences[1].Source, $differences[1].Server | Should -Be 'TLS-008', 'lb-01'
    }

    It 'gives nothing for the same snapshot' {
        Compare-FoobarSnapshot $before $before -IncludeMeasurement | Should -BeNullOrEmpty
    }

    It 'tells in the terms of the site what a fact means, and the fact itself on request' {
        $recorded = Join-Path (Split-Path $PSScriptRoot) 'Foobar.Ops.Tests' 'Auditing' 'Recorded' '0.1.0-mariadb.json'
        $updated = Join-Path $TestDrive 'updated.json'
        $copy = Get-Content $recorded -Raw | ConvertFrom-Json -AsHashtable -DateKind String
        $was = $copy.servers['lb-01'].loadBalancer.value.process.value.version
        $copy.servers['lb-01'].loadBalancer.value.process.value.version = '9.9.9'
        $copy | ConvertTo-Json -Depth 100 | Set-Content $updated
        $difference = Compare-FoobarSnapshot $recorded $updated
        $difference.Kind, $difference.Server, $difference.Target, $difference.Before, $difference.After | Should -Be 'Component', 'lb-01', 'HAProxy', $was, '9.9.9'
        $fact = Compare-FoobarSnapshot $recorded $updated -Kind Fact
        $fact.Target, $fact.ToldAs | Should -Be 'process.value.version', 'Component'
        Compare-FoobarSnapshot $recorded $updated -Kind Flow, Role, Certificate | Should -BeNullOrEmpty
    }

    It 'narrows by kind' {
        (Compare-FoobarSnapshot $before $after -Kind Finding).Count | Should -Be 1
    }
}

Describe 'Views' {
    It 'fit <_> columns' -ForEach 80, 120 {
        foreach ($text in @(
                KeyFindings $after | Out-String -Width $_
                Compare-FoobarSnapshot $before $after | Out-String -Width $_
                Get-FoobarControl TLS-* | Out-String -Width $_)) {
            $lines = $text -split '\r?\n' -replace '\x1b\[[0-9;]*m'
            ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $_
            $lines.Count | Should -BeLessThan 80
        }
    }
}

Describe 'The live site' -Tag Lab -Skip:(-not $lab) {
    BeforeAll {
        Connect-FoobarSite -Inventory $env:FOOBAR_INVENTORY | Out-Null
    }

    AfterAll {
        Disconnect-FoobarSite
    }

    It 'is read, saved, gets the same judgement offline, and does not differ from itself a moment later' {
        $path = Join-Path $TestDrive 'live.json'
        $snapshot = Export-FoobarSnapshot -Path $path
        $snapshot.Facts.Where({ $_.Failure }) | Should -BeNullOrEmpty
        $live = Invoke-FoobarAudit -Snapshot $snapshot
        $saved = Invoke-FoobarAudit -Snapshot $path
        $saved | ConvertTo-Json -Depth 4 | Should -Be ($live | ConvertTo-Json -Depth 4)
        Compare-FoobarSnapshot $path $snapshot -IncludeMeasurement | Should -BeNullOrEmpty
        Compare-FoobarSnapshot $snapshot (Export-FoobarSnapshot (Join-Path $TestDrive 'second.json')) | Should -BeNullOrEmpty
    }

    It 'keeps the grades of its endpoints on request, which an audit passes over' {
        $path = Join-Path $TestDrive 'graded.json'
        $snapshot = Export-FoobarSnapshot lb-01 -Path $path -IncludeTlsScan -TimeoutSeconds 120
        $offer = $snapshot.Facts.Where({ $_.Part -eq 'grades' -and $_.Server -eq 'lb-01' }).Value.Endpoints[0].Offer.Value
        $offer.Grade | Should -BeLike 'A*'
        $offer.Versions | Should -Contain 'TLS 1.3'
        Compare-FoobarSnapshot $path $snapshot | Should -BeNullOrEmpty
    }

    It 'has one error and Unknown findings for a server that is not reached, and the others'' findings' {
        $inventory = Get-Content $env:FOOBAR_INVENTORY -Raw | ConvertFrom-Json -AsHashtable
        $inventory.servers['web-02'].ssh = @{ host = '127.0.0.1'; port = 9 }
        $inventory.sshConfig = Join-Path (Split-Path $env:FOOBAR_INVENTORY) 'ssh_config'
        $inventory.policy.tls.Remove('trustedAuthorities')
        $path = Join-Path $TestDrive 'one-down.json'
        $inventory | ConvertTo-Json -Depth 10 | Set-Content $path
        $findings = Invoke-FoobarAudit -Inventory $path -Area Server -ErrorVariable failures -ErrorAction SilentlyContinue
        @($failures).Count | Should -Be 1
        $failures[0].TargetObject | Should -Be 'web-02'
        @($findings | Where-Object Server -eq 'web-02').Status | Select-Object -Unique | Should -Be 'Unknown'
        @($findings | Where-Object Server -eq 'web-01').Status | Should -Contain 'Pass'
    }
}
