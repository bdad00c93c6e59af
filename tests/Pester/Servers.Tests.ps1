# How cmdlets find their site and take servers; nothing here connects to anything.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $inventory = Join-Path $PSScriptRoot 'Data' 'foobar.json'
    $before = $env:FOOBAR_INVENTORY
}

AfterAll {
    $env:FOOBAR_INVENTORY = $before
}

Describe 'Finding the inventory' {
    BeforeEach {
        $env:FOOBAR_INVENTORY = $null
    }

    It 'takes -Inventory, as text relative to PowerShell''s folder or as a file' {
        Push-Location (Split-Path $inventory)
        try {
            (Get-FoobarServer -Inventory ./foobar.json).Count | Should -Be 4
            (Get-FoobarServer -Inventory (Get-Item $inventory)).Count | Should -Be 4
        }
        finally {
            Pop-Location
        }
    }

    It 'takes foobar.json of the current folder where nothing else is said' {
        Push-Location (Split-Path $inventory)
        try {
            (Get-FoobarServer).Count | Should -Be 4
        }
        finally {
            Pop-Location
        }
    }

    It 'takes the environment''s before the current folder''s' {
        $env:FOOBAR_INVENTORY = $inventory
        Push-Location $TestDrive
        try {
            (Get-FoobarServer).Count | Should -Be 4
        }
        finally {
            Pop-Location
        }
    }

    It 'says what is missing, and what to do' {
        $failure = { Get-FoobarServer -Inventory (Join-Path $TestDrive 'none.json') -ErrorAction Stop } | Should -Throw -ErrorId 'InventoryNotFound,*' -PassThru
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.ErrorDetails.RecommendedAction | Should -Match '-Inventory'
    }

    It 'names every place of a bad inventory' {
        $bad = Join-Path $TestDrive 'bad.json'
        (Get-Content $inventory -Raw).Replace('"load-balancer"', '"loadbalancer"').Replace('"policy"', '"polcy"') | Set-Content $bad
        $failure = { Get-FoobarServer -Inventory $bad -ErrorAction Stop } | Should -Throw -ErrorId 'InventoryInvalid,*' -PassThru
        "$failure" | Should -Match 'loadbalancer'
        "$failure" | Should -Match 'polcy'
    }
}

Describe 'Choosing servers' {
    BeforeAll {
        $PSDefaultParameterValues['*-Foobar*:Inventory'] = $inventory
    }

    AfterAll {
        $PSDefaultParameterValues.Remove('*-Foobar*:Inventory')
    }

    It 'takes names and wildcards in the first place' {
        (Get-FoobarServer WEB-*, lb-01).Name | Should -Be 'lb-01', 'web-01', 'web-02'
        (Get-FoobarServer 'web-0[2-9]').Name | Should -Be 'web-02'
    }

    It 'takes roles as PowerShell or the inventory writes them' {
        (Get-FoobarServer -Role Database, load-balancer).Name | Should -Be 'lb-01', 'web-01'
        { Get-FoobarServer -Role Wbe } | Should -Throw -ErrorId 'CannotConvertArgument*,*'
    }

    It 'takes servers, findings and other objects with a property Server from the pipeline' {
        (Get-FoobarServer -Role Web | Get-FoobarServer).Name | Should -Be 'web-01', 'web-02'
        ('web-02', 'lb-01' | Get-FoobarServer).Name | Should -Be 'lb-01', 'web-02'
        ([pscustomobject]@{ Server = 'web-01'; Other = 1 } | Get-FoobarServer).Name | Should -Be 'web-01'
        $servers = Get-FoobarServer web-*
        (Get-FoobarServer -Server $servers).Name | Should -Be 'web-01', 'web-02'
    }

    It 'takes an empty pipeline for no server, never for all' {
        Get-FoobarServer 'web-*' -Role LoadBalancer | Get-FoobarServer | Should -BeNullOrEmpty
        @() | Get-FoobarServer | Should -BeNullOrEmpty
    }

    It 'has one error for each unknown name or wildcard, and goes on with the others' {
        $found = Get-FoobarServer web-01, web-03, web-04, db-* -ErrorVariable failures -ErrorAction SilentlyContinue
        $found.Name | Should -Be 'web-01'
        $failures.FullyQualifiedErrorId | Should -BeLike 'ServerNotFound,*'
        $failures.TargetObject | Should -Be 'web-03', 'web-04', 'db-*'
    }

    It 'refuses an object that names no server instead of guessing' {
        $null = Get-Process -Id $PID | Get-FoobarServer -ErrorVariable failures -ErrorAction SilentlyContinue
        "$failures" | Should -Match 'names no server'
    }

    It 'gives each object the property Server' {
        (Get-FoobarServer).Server | Should -Be 'lb-01', 'web-01', 'web-02', 'off-01'
    }
}

Describe 'Completion' {
    BeforeAll {
        function Complete($line) { (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText }
        $env:FOOBAR_INVENTORY = $inventory
    }

    It 'knows the servers of the site, and of the inventory typed' {
        Complete 'Get-FoobarServer -Server we' | Should -Be 'web-01', 'web-02'
        Complete 'Get-FoobarServer web-01, w' | Should -Be 'web-01', 'web-02'
        Complete "Get-FoobarServer -Inventory '$inventory' -Server l" | Should -Be 'lb-01'
    }

    It 'knows the roles' {
        Complete 'Get-FoobarServer -Role Lo' | Should -Be 'LoadBalancer'
    }

    It 'proposes nothing, and throws nothing, where the inventory is bad or missing' {
        $Error.Clear()
        (TabExpansion2 'Get-FoobarServer -Inventory ./none.json -Server w').CompletionMatches.CompletionText | Should -Not -Contain 'web-01'
        $Error | Should -BeNullOrEmpty
    }
}

Describe 'Views' {
    It 'show a server in <_> columns' -ForEach 80, 120 {
        $text = Get-FoobarServer -Inventory $inventory | Format-Table | Out-String -Width $_
        $text | Should -Match 'web-01\s+Web, App, Database\s+web-01\s+192\.0\.2\.11'
        ($text -split '\r?\n').Length | Should -BeLessThan 10
    }
}
