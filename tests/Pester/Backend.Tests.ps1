# Set-FoobarBackend; what changes a live load balancer has the tag Lab and puts it back.
BeforeDiscovery {
    $noLab = -not $env:FOOBAR_INVENTORY
    $because = if ($noLab) { ' (skipped: FOOBAR_INVENTORY names no inventory of a raised lab)' }
}

BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $offline = Join-Path $PSScriptRoot 'Data' 'foobar.json'
}

Describe 'Set-FoobarBackend' {
    It 'refuses <Why>' -ForEach @(
        @{ Why = 'a name that could be two commands'; With = @{ Backend = 'web'; Name = "web-01`nquit"; State = 'Maint' } }
        @{ Why = 'a state that there is not'; With = @{ Backend = 'web'; Name = 'web-01'; State = 'Gone' } }
        @{ Why = 'to wait less than nothing'; With = @{ Backend = 'web'; Name = 'web-01'; State = 'Maint'; WaitSeconds = -1 } }
    ) {
        { Set-FoobarBackend @With -Inventory $offline } | Should -Throw
    }

    It 'changes nothing with -WhatIf, and needs no server that answers for it' {
        Set-FoobarBackend -Backend web -Name web-01 -State Maint -Persist -Inventory $offline -WhatIf | Should -BeNullOrEmpty
    }
}

Describe "A live load balancer$because" -Tag Lab -Skip:$noLab {
    BeforeAll {
        function Get-Line { (Invoke-FoobarCommand 'grep -A20 "^backend web" /etc/haproxy/haproxy.cfg | grep "server web-02"' -Server lb-01 -AsRoot -Inventory $env:FOOBAR_INVENTORY).Output }
        function Get-State { (Get-FoobarBackend -Backend web -Inventory $env:FOOBAR_INVENTORY | Where-Object Name -EQ web-02).State }
        $before = Get-Line
    }

    AfterAll {
        Set-FoobarBackend -Backend web -Name web-02 -State Ready -Persist -Inventory $env:FOOBAR_INVENTORY
        Disconnect-FoobarSite -All
    }

    It 'takes a server out until HAProxy is restarted' {
        $change = Set-FoobarBackend -Backend web -Name web-02 -State Drain -Inventory $env:FOOBAR_INVENTORY
        $change.SessionsLeft | Should -Be 0
        $change.Persisted | Should -BeFalse
        Get-State | Should -Be 'Drain'
        Get-Line | Should -Be $before
    }

    It 'takes a server out for longer with -Persist, and back in' {
        (Set-FoobarBackend -Backend web -Name web-02 -State Maint -Persist -Inventory $env:FOOBAR_INVENTORY).Persisted | Should -BeTrue
        Get-State | Should -Be 'Maintenance'
        Get-Line | Should -Match ' disabled$'
        Invoke-FoobarCommand 'systemctl reload haproxy; sleep 1' -Server lb-01 -AsRoot -Inventory $env:FOOBAR_INVENTORY
        Get-State | Should -Be 'Maintenance'
        (Set-FoobarBackend -Backend web -Name web-02 -State Ready -Persist -Inventory $env:FOOBAR_INVENTORY).After | Should -BeLike 'UP*'
        Get-Line | Should -Be $before
    }

    It 'never takes the last server out unasked' {
        $null = Set-FoobarBackend -Backend web -Name web-02 -State Maint -Inventory $env:FOOBAR_INVENTORY
        Set-FoobarBackend -Backend web -Name web-01 -State Maint -Persist -Inventory $env:FOOBAR_INVENTORY -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'BackendWouldBeEmpty,*'
    }
}
