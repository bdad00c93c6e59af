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

Describe 'Changing' {
    It 'must be told which servers are meant' {
        { Set-FoobarFirewall -Inventory $inventory -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'ServerRequired,*'
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
            Should -Be 'FW-001', 'FW-010', 'FW-011', 'FW-012', 'FW-013'
    }

    It 'lists rules of every server with their place' {
        $rules = Get-FoobarFirewallRule
        $rules.Server | Select-Object -Unique | Should -HaveCount (Get-FoobarServer).Count
        $rules | ForEach-Object { $_.Handle | Should -BeGreaterThan 0 }
        ($rules | Where-Object Chain -eq input).Verdict | Should -Contain accept
    }

    It 'lists the same rules for the next boot' {
        $running = Get-FoobarFirewallRule web-01
        $boot = Get-FoobarFirewallRule web-01 -Persisted
        Compare-Object $running.Source $boot.Source | Should -BeNullOrEmpty
    }

    It 'shows with -WhatIf what a change would do, network firewalls last, and changes nothing' {
        $before = Get-FoobarFirewallRule
        $previews = Set-FoobarFirewall * -WhatIf
        $previews | Should -HaveCount (Get-FoobarServer).Count
        ($previews | Sort-Object Order | Select-Object -Last 1).Server | Should -Be (Get-FoobarServer -Role network-firewall).Name
        $previews[0].Ruleset | Should -Match 'policy drop'
        Compare-Object $before.Source (Get-FoobarFirewallRule).Source | Should -BeNullOrEmpty
    }
}
