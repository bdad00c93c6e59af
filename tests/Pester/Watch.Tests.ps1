# The guard's cmdlets; a guard over live databases is a test of the lab.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $inventory = Join-Path $PSScriptRoot 'Data' 'foobar.json'
    $without = Join-Path $TestDrive 'without.json'
    $declared = Get-Content $inventory -Raw | ConvertFrom-Json
    if ($declared.policy.PSObject.Properties['database']) { $declared.policy.PSObject.Properties.Remove('database') }
    $declared | ConvertTo-Json -Depth 20 | Set-Content $without
}

Describe 'Watch-FoobarPrimary' {
    It 'watches nothing with -WhatIf, and says what it would do' {
        Watch-FoobarPrimary -Failover -Inventory $inventory -WhatIf -ErrorVariable failures | Should -BeNullOrEmpty
        $failures | Should -BeNullOrEmpty
    }

    It 'ends at once where no database is declared' {
        { Watch-FoobarPrimary -Inventory $without -ErrorAction Stop } | Should -Throw -ErrorId 'NoDatabase,*'
    }

    It 'ends at once where the members are a cluster' {
        $declared.policy | Add-Member -Force database @{ topology = 'galera' }
        $cluster = Join-Path $TestDrive 'cluster.json'
        $declared | ConvertTo-Json -Depth 20 | Set-Content $cluster
        { Watch-FoobarPrimary -Inventory $cluster -ErrorAction Stop } | Should -Throw -ErrorId 'WatchNotForClusters,*'
    }

    It 'refuses <_.Keys>' -ForEach @{ IntervalSeconds = 0 }, @{ DurationSeconds = 0 }, @{ BlockMinutes = -1 }, @{ CatchUpSeconds = 0 } {
        { Watch-FoobarPrimary -Inventory $inventory -WhatIf @_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'wants a service that can be sent to' {
        { Watch-FoobarPrimary -Inventory $inventory -Service nowhere -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnknown,*'
    }
}

Describe 'Suspend-FoobarWatch and Resume-FoobarWatch' {
    It '<_> changes nothing with -WhatIf' -ForEach 'Suspend-FoobarWatch', 'Resume-FoobarWatch' {
        $arguments = $_ -like 'Suspend*' ? @{ Minutes = 5 } : @{}
        & $_ @arguments -Inventory $inventory -WhatIf | Should -BeNullOrEmpty
    }

    It '<_> says so where no database is declared' -ForEach 'Suspend-FoobarWatch', 'Resume-FoobarWatch' {
        $arguments = $_ -like 'Suspend*' ? @{ Minutes = 5 } : @{}
        { & $_ @arguments -Inventory $without -ErrorAction Stop } | Should -Throw -ErrorId 'NoDatabase,*'
    }

    It 'suspends for a week at most' {
        { Suspend-FoobarWatch 10081 -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        { Suspend-FoobarWatch 5 ('x' * 256) -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }
}
