Describe 'Export-FoobarDashboard' {
    BeforeAll {
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
