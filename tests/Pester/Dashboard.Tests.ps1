Describe 'Export-FoobarDashboard' {
    BeforeAll {
        Import-Module $env:FOOBAR_TEST_MODULE -Force
        $inventory = Join-Path $PSScriptRoot '../../docs/examples/d-named-ports-only.json'
        $folder = Join-Path $TestDrive 'dashboards'
        $null = New-Item -ItemType Directory $folder
    }

    It 'writes a dashboard and rules, and all targets when asked' {
        (Export-FoobarDashboard $folder -Inventory $inventory).Name | Should -Be 'grafana-dashboard.json', 'prometheus-rules.yml'
        $files = Export-FoobarDashboard $folder -Inventory $inventory -Target Datadog, NewRelic, SumoLogic
        $files.Count | Should -Be 3
        (Get-Content (Join-Path $folder 'grafana-dashboard.json') -Raw | ConvertFrom-Json).panels.Count | Should -BeGreaterThan 5
        (Get-Content (Join-Path $folder 'datadog-monitors.json') -Raw | ConvertFrom-Json).Count | Should -Be 7
    }

    It 'replaces nothing without -Force, and writes nothing with -WhatIf' {
        { Export-FoobarDashboard $folder -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists,*'
        Export-FoobarDashboard $folder -Inventory $inventory -Force | Should -HaveCount 2
        $other = New-Item -ItemType Directory (Join-Path $TestDrive 'other')
        Export-FoobarDashboard $other -Inventory $inventory -WhatIf | Should -BeNullOrEmpty
        Get-ChildItem $other | Should -BeNullOrEmpty
    }
}

# By this machine's own shell, as in Commands.Tests.ps1. What it shows on a real terminal needs one.
Describe 'Show-FoobarSite where there is no terminal' -Skip:$IsWindows {
    BeforeAll {
        Import-Module $env:FOOBAR_TEST_MODULE -Force
        $before = $env:FOOBAR_INVENTORY, $env:PATH
        $env:FOOBAR_INVENTORY = Join-Path $PSScriptRoot 'Data' 'foobar.json'
        $env:PATH = (Join-Path $PSScriptRoot 'Data' 'stand-in') + [System.IO.Path]::PathSeparator + $env:PATH
    }

    AfterAll {
        Disconnect-FoobarSite -All
        $env:FOOBAR_INVENTORY, $env:PATH = $before
    }

    It 'writes plain lines for a while' {
        $lines = Show-FoobarSite -IntervalSeconds 0.5 -DurationSeconds 1
        $lines | Should -Contain 'Servers'
        $lines[0] | Should -Match 'writes:'
        $lines -join '' | Should -Not -Match "`e"
    }

    It 'ends when the pipeline does' {
        (Show-FoobarSite -IntervalSeconds 0.5 -Plain | Select-Object -First 2).Count | Should -Be 2
    }
}
