# The firewall's cmdlets: binding and errors anywhere, findings and rules on a raised lab.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $inventory = Join-Path $PSScriptRoot 'Data' 'foobar.json'
}

Describe 'Binding' {
    It '<_> takes servers from the pipeline, by value and by property name' -ForEach 'Get-FoobarFirewallRule', 'Test-FoobarFirewall', 'Set-FoobarFirewall' {
        $parameter = (Get-Command $_).Parameters['Server'].ParameterSets.Values | Select-Object -First 1
        $parameter.ValueFromPipeline | Should -BeTrue
        $parameter.ValueFromPipelineByPropertyName | Should -BeTrue
    }

    It '<_> takes an empty pipeline for no server' -ForEach 'Get-FoobarFirewallRule', 'Test-FoobarFirewall', 'Set-FoobarFirewall' {
        @() | & $_ -Inventory $inventory | Should -BeNullOrEmpty
    }

    It '<_> names a server that the inventory does not hold' -ForEach 'Get-FoobarFirewallRule', 'Test-FoobarFirewall', 'Set-FoobarFirewall' {
        $failures = $null
        & $_ -Server no-such -Inventory $inventory -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'ServerNotFound,*'
    }
}

Describe 'Probing' {
    It 'takes targets from the pipeline, by value and by property name' {
        $parameter = (Get-Command Test-FoobarConnection).Parameters['Server'].ParameterSets.Values | Select-Object -First 1
        $parameter.ValueFromPipeline | Should -BeTrue
        $parameter.ValueFromPipelineByPropertyName | Should -BeTrue
        (Get-Command Test-FoobarConnection).Parameters['Server'].Aliases | Should -Contain 'To'
        @() | Test-FoobarConnection -Inventory $inventory | Should -BeNullOrEmpty
    }

    It 'shares its parameters with the other cmdlets that work on servers: <_>' -ForEach 'Role', 'ThrottleLimit', 'TimeoutSeconds', 'Session' {
        $mine = (Get-Command Test-FoobarConnection).Parameters[$_]
        $mine.ParameterType | Should -Be (Get-Command Get-FoobarCertificate).Parameters[$_].ParameterType
    }

    It 'never probes a machine that is not the site''s' {
        { Test-FoobarConnection 8.8.8.8 -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'ProbeTargetNotFound,*'
    }

    It 'refuses <_> as a port before it connects anywhere' -ForEach 'ssh', '0', '65536', 'icmp/8' {
        { Test-FoobarConnection -Port $_ -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'PortInvalid,*'
    }

    It 'proposes servers, roles and networks, and this machine as a vantage' {
        function Complete($line) { (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText }
        $site = Get-FoobarServer -Inventory $inventory
        Complete "Test-FoobarConnection -Inventory '$inventory' -To " | Should -Contain $site[0].Name
        Complete "Test-FoobarConnection -Inventory '$inventory' -Server load" | Should -Be 'load-balancer'
        Complete "Test-FoobarConnection -Inventory '$inventory' -From op" | Should -Contain 'operator'
        Complete "Test-FoobarConnection -Inventory '$inventory' -To load" | Should -Be 'load-balancer'
        Complete "Test-FoobarConnection -AddressFamily " | Should -Be 'IPv4', 'IPv6'
    }

    It 'names its controls in the list of all' {
        (Get-FoobarControl FW-02*).Id | Should -Contain 'FW-022'
    }
}

Describe 'Changing' {
    It 'must be told which servers are meant' {
        { Set-FoobarFirewall -Inventory $inventory -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'ServerRequired,*'
    }

    It 'has a way back with parameters of its own' {
        $sets = (Get-Command Set-FoobarFirewall).ParameterSets
        ($sets | Where-Object IsDefault).Name | Should -Be 'Policy'
        ($sets | Where-Object Name -EQ Undo).Parameters.Name | Should -Contain 'AcceptLaterChanges'
        ($sets | Where-Object Name -EQ Policy).Parameters.Name | Should -Not -Contain 'AcceptLaterChanges'
        { Set-FoobarFirewall web-01 -Undo -AcceptOtherManagers -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { Set-FoobarFirewall -Undo -Inventory $inventory -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'ServerRequired,*'
    }

    It 'breaks the lines of a preview between words' {
        $preview = [Foobar.Ops.Operations.FirewallChange.FirewallChangePreview]@{
            Server = 'lb-01'; Order = 1; IsChange = $true; Ruleset = ''
            Opens = [string[]](1..3 | ForEach-Object { "flow number-${_}: " + ('192.0.2.10/31, ' * 12) + 'tcp/443 by public' })
            Refusals = [string[]]'FirewallChangeOpens: something'
        }
        $lines = ($preview | Out-String -Width 120).Trim() -split '\r?\n'
        $lines[0] | Should -Be "1. lb-01: replace the firewall's rules (0 go, 0 come)"
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 120 }
        ($lines -join ' ' -split '[\s,]+' | Where-Object { $_ -like '192*' } | Select-Object -Unique) | Should -Be '192.0.2.10/31'
        $lines[-1] | Should -Be '  would be refused: FirewallChangeOpens'
    }

    It 'asks before it changes anything' {
        $command = (Get-Command Set-FoobarFirewall).ImplementingType
        $attribute = $command.GetCustomAttributes($true) | Where-Object { $_ -is [System.Management.Automation.CmdletAttribute] }
        $attribute.SupportsShouldProcess | Should -BeTrue
        $attribute.ConfirmImpact | Should -Be 'High'
    }
}

Describe 'On a live site' -Tag Lab -Skip:(-not $env:FOOBAR_INVENTORY) {
    It 'finds nothing wrong on a clean site, and leaves nothing undecided' {
        Test-FoobarFirewall | Where-Object Status -in Fail, Unknown | Should -BeNullOrEmpty
    }

    It 'gives only the controls asked for' {
        Test-FoobarFirewall -Control FW-001, FW-01* | Select-Object -ExpandProperty ControlId -Unique | Sort-Object |
            Should -Be 'FW-001', 'FW-010', 'FW-011', 'FW-012', 'FW-013', 'FW-014', 'FW-015', 'FW-016', 'FW-017'
    }

    It 'lists rules of every server with their place' {
        $rules = Get-FoobarFirewallRule
        $rules.Server | Select-Object -Unique | Should -HaveCount (Get-FoobarServer).Count
        $rules | ForEach-Object { $_.Handle | Should -BeGreaterThan 0 }
        ($rules | Where-Object Chain -eq input).Verdict | Should -Contain accept
    }

    It 'says where the kernel enters each chain, who listens where, and what the next boot loads' {
        (Get-FoobarFirewallRule web-01 -Chain input | Select-Object Hook, Priority -Unique | Out-String).Trim() | Should -Match 'input\s+0$'
        $summary = Get-FoobarFirewallRule fw-01, web-01 -Summary | Sort-Object Server
        $summary.Server | Should -Be 'fw-01', 'web-01'
        $summary[0].ForwardsIpv4 | Should -BeTrue
        $summary[1].ForwardsIpv6 | Should -BeFalse
        $summary[1].BootMechanisms | Should -Be 'nftables'
        ($summary[1].Chains | Where-Object Hook -eq forward).Policy | Should -Be 'drop'
        ($summary[1].Sockets | Where-Object Port -eq 22).Processes | Should -Contain 'sshd'
        "$($summary | Out-String)" | Should -Match 'forward 0: inet filter forward, filter, policy drop, 0 rules'
        $summary.Unreadable | Should -BeNullOrEmpty
    }

    It 'lists the same rules for the next boot' {
        $running = Get-FoobarFirewallRule web-01
        $boot = Get-FoobarFirewallRule web-01 -Persisted
        Compare-Object $running.Source $boot.Source | Should -BeNullOrEmpty
    }

    It 'connects as the policy says, from every vantage, and as the rules say' {
        $findings = Test-FoobarConnection web-02 -SampleSize 2 -ErrorVariable failures
        $failures | Should -BeNullOrEmpty
        $findings | Where-Object Status -ne Pass | ForEach-Object { "$($_.ControlId) $($_.Target): $($_.Actual)$($_.Reason)" } | Should -BeNullOrEmpty
        $findings.ControlId | Select-Object -Unique | Should -Be 'FW-020', 'FW-021', 'FW-022'
    }

    It 'tries just what is asked for' {
        $findings = Get-FoobarServer web-02 | Test-FoobarConnection -From web-01 -Port 3306, 22 -AddressFamily IPv4
        $findings | Where-Object ControlId -ne FW-022 | Select-Object -ExpandProperty ControlId | Should -Be 'FW-020', 'FW-021'
        $findings.Server | Select-Object -Unique | Should -Be 'web-02'
    }

    It 'says what it sends and what it leaves out' {
        $said = Test-FoobarConnection web-01 -From fw-01, lb-01 -SampleSize 0 -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
        "$said" | Should -Match '\d+ probes were sent'
        "$said" | Should -Match 'Not probed: fw-01 to '
    }

    It 'refuses more probes than it may send' {
        { Test-FoobarConnection -Port 1-1000 -MaxProbes 500 -ErrorAction Stop } | Should -Throw -ErrorId 'TooManyProbes,*'
    }

    It 'puts everything back when its pipeline is stopped midway' {
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = "$TestDrive"
        $before = Get-FoobarFirewallRule web-02
        $shell = [powershell]::Create()
        try {
            $script = 'param($module) Import-Module $module; Set-FoobarFirewall web-02 -Confirm:$false -Verbose'
            $running = $shell.AddScript($script).AddArgument($env:FOOBAR_TEST_MODULE).BeginInvoke()
            $limit = [DateTime]::UtcNow.AddSeconds(60)
            while (-not ($shell.Streams.Verbose.Message -match '^load web-02: Done') -and -not $running.IsCompleted -and [DateTime]::UtcNow -lt $limit) {
                Start-Sleep -Milliseconds 20
            }

            $running.IsCompleted | Should -BeFalse
            $shell.Stop()
        } finally {
            $shell.Dispose()
            $env:XDG_STATE_HOME = $state
        }

        (Get-FoobarFirewallRule web-02).Source | Should -Be $before.Source
        (Get-FoobarFirewallRule web-02 -Persisted).Source | Should -Be $before.Source
        (Invoke-FoobarCommand 'ls /run/foobar-ops; systemctl list-units --plain --no-legend "foobar-firewall-*"' -Server web-02 -AsRoot).Output | Should -BeNullOrEmpty
        (Get-ChildItem "$TestDrive" -Recurse -Filter *-firewall.jsonl | Get-Content | Select-Object -Last 1) | Should -Match 'Undone'
    }

    It 'says that there is nothing to undo, and undoes a change' {
        Invoke-FoobarCommand 'rm -rf /var/lib/foobar-ops/firewall' -Server web-01, web-02 -AsRoot | Out-Null
        { Set-FoobarFirewall web-01 -Undo -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'FirewallNothingKept,*'
        $before = Get-FoobarFirewallRule web-02
        (Set-FoobarFirewall web-02 -Confirm:$false).Outcome | Should -Be 'Completed'
        $changed = (Get-FoobarFirewallRule web-02).Source
        (Set-FoobarFirewall web-02 -Undo -WhatIf).Undoes | Should -Match 'the change of .* by '
        (Get-FoobarFirewallRule web-02).Source | Should -Be $changed
        (Set-FoobarFirewall web-02 -Undo -Confirm:$false).Outcome | Should -Be 'Completed'
        (Get-FoobarFirewallRule web-02).Source | Should -Be $before.Source
        Invoke-FoobarCommand 'rm -rf /var/lib/foobar-ops/firewall' -Server web-02 -AsRoot | Out-Null
    }

    It 'shows with -WhatIf what a change would do, network firewalls last, and changes nothing' {
        $before = Get-FoobarFirewallRule
        $previews = Set-FoobarFirewall * -WhatIf
        $previews | Should -HaveCount (Get-FoobarServer).Count
        ($previews | Sort-Object Order | Select-Object -Last 1).Server | Should -Be (Get-FoobarServer -Role network-firewall).Name
        $previews[0].Ruleset | Should -Match 'policy drop'
        $previews.Refusals | Should -BeNullOrEmpty
        $lines = ($previews | Out-String -Width 80).Trim() -split '\r?\n'
        $lines.Count | Should -BeLessThan 80
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
        Compare-Object $before.Source (Get-FoobarFirewallRule).Source | Should -BeNullOrEmpty
    }
}
