# The topology from a snapshot, and its drawings; nothing here connects to anything but what is tagged Lab.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $snapshot = Join-Path $PSScriptRoot 'Data' 'after.snapshot.json'
}

Describe 'Get-FoobarTopology' {
    It 'takes a saved snapshot of an older version, and says what it does not hold' {
        $topology = Get-FoobarTopology -Snapshot $snapshot
        $topology.Site | Should -Be 'www.foobar.com'
        $topology.Servers.Server | Should -Contain 'web-01'
        $topology.Servers[0].Unread | Should -Not -BeNullOrEmpty
        $topology.Links.Flows | Should -Contain 'operators'
    }

    It 'shows the part around servers alone' {
        $topology = Get-FoobarTopology web-01 -Snapshot $snapshot
        $topology.Servers.Server | Should -Be 'web-01'
        $topology.Links | ForEach-Object { 'web-01' | Should -BeIn $_.From, $_.To }
    }

    It 'writes its enumerations as words' {
        $topology = Get-FoobarTopology -Snapshot $snapshot
        $topology.Links[0] | ConvertTo-Json -Depth 4 | Should -Match '"State": *"[A-Z]'
    }

    It 'is readable in 80 columns' {
        $lines = Get-FoobarTopology -Snapshot $snapshot | Out-String -Width 80 -Stream
        $lines | Where-Object { $_ -match 'operator > ' } | Should -Not -BeNullOrEmpty
    }
}

Describe 'Export-FoobarTopology' {
    BeforeAll {
        $topology = Get-FoobarTopology -Snapshot $snapshot
    }

    It 'draws by the ending of the file''s name' {
        $file = $topology | Export-FoobarTopology (Join-Path $TestDrive 'site.svg')
        $file | Should -BeOfType System.IO.FileInfo
        ([xml](Get-Content $file -Raw)).svg.title.'#text' | Should -Be 'The setup of www.foobar.com'
        Get-Content ($topology | Export-FoobarTopology (Join-Path $TestDrive 'site.mmd')) -TotalCount 1 | Should -Be 'flowchart TB'
        Get-Content ($topology | Export-FoobarTopology (Join-Path $TestDrive 'site.txt') -Format Mermaid) -TotalCount 1 | Should -Be 'flowchart TB'
    }

    It 'colours what was found, from a job too' {
        $findings = Invoke-FoobarAudit -Snapshot $snapshot -ErrorAction Ignore | ConvertTo-Json -Depth 3 | ConvertFrom-Json
        $file = $topology | Export-FoobarTopology (Join-Path $TestDrive 'found.svg') -Finding $findings
        Get-Content $file -Raw | Should -Match 'class="box unknown|class="box bad'
    }

    It 'refuses a name that tells no format, and a file that exists' {
        { $topology | Export-FoobarTopology (Join-Path $TestDrive 'site.png') -ErrorAction Stop } | Should -Throw -ErrorId 'TopologyFormatUnknown,*'
        $path = Join-Path $TestDrive 'twice.svg'
        $null = $topology | Export-FoobarTopology $path
        { $topology | Export-FoobarTopology $path -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists,*'
        $topology | Export-FoobarTopology $path -Force | Should -Not -BeNullOrEmpty
    }

    It 'names the folder that is not there, and shows the size of the file that it wrote' {
        { $topology | Export-FoobarTopology (Join-Path $TestDrive 'none' 'site.svg') } | Should -Throw -ErrorId 'FileNotWritten,*' -ExpectedMessage "*there is no folder $(Join-Path $TestDrive 'none')."
        $file = $topology | Export-FoobarTopology (Join-Path $TestDrive 'seen.svg')
        $file | Out-String -Width 200 | Should -Match "$($file.Length).*seen.svg"
    }

    It 'writes nothing with -WhatIf' {
        $path = Join-Path $TestDrive 'never.svg'
        $topology | Export-FoobarTopology $path -WhatIf | Should -BeNullOrEmpty
        $path | Should -Not -Exist
    }
}

Describe 'Test-FoobarTopology' {
    It 'knows its controls' {
        (Get-FoobarControl TOP-*).Count | Should -Be 12
        (Get-FoobarControl -Area Topology).Id | Should -Be (Get-FoobarControl TOP-*).Id
    }

    It 'does not pass what an older snapshot does not hold' {
        $findings = Invoke-FoobarAudit -Snapshot $snapshot -Area Topology -ErrorAction Ignore
        $findings | Where-Object { $_.ControlId -in 'TOP-001', 'TOP-003', 'TOP-012' -and $_.Status -eq 'Unknown' } | Should -Not -BeNullOrEmpty
    }

    It 'finds a clean lab as declared' -Tag Lab {
        Test-FoobarTopology -Inventory $env:FOOBAR_INVENTORY | Where-Object Status -in Fail, Unknown | Should -BeNullOrEmpty
    }
}
