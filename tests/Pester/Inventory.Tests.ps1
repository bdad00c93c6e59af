# New-FoobarInventory and Update-FoobarInventory; what needs a raised lab has the tag Lab.
BeforeDiscovery {
    $noLab = -not $env:FOOBAR_INVENTORY
    $because = if ($noLab) { ' (skipped: FOOBAR_INVENTORY names no inventory of a raised lab)' }
}

BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
}

Describe 'New-FoobarInventory' {
    BeforeEach {
        $path = Join-Path $TestDrive "$([guid]::NewGuid()).json"
    }

    It 'wants a server, and takes an empty pipeline for none' {
        { New-FoobarInventory -Path $path } | Should -Throw -ErrorId 'DestinationInvalid,*'
        @() | New-FoobarInventory -Path $path | Should -BeNullOrEmpty
        { New-FoobarInventory '-oProxyCommand=x' -Path $path } | Should -Throw -ErrorId 'DestinationInvalid,*'
    }

    It 'refuses to replace a file before it connects anywhere' {
        Set-Content $path 'mine'
        { New-FoobarInventory unreachable -Path $path } | Should -Throw -ErrorId 'FileExists,*'
        Get-Content $path | Should -Be 'mine'
    }

    It 'refuses a folder that is not there before it connects anywhere' {
        { New-FoobarInventory unreachable -Path (Join-Path $TestDrive 'none' 'site.json') } | Should -Throw -ErrorId 'FileNotWritten,*' -ExpectedMessage '*there is no folder*'
    }

    It 'names each server that it does not reach, and writes nothing where it reached none' {
        $config = Join-Path $TestDrive 'none.config'
        { New-FoobarInventory web-01, web-02 -Path $path -SshConfig $config -ErrorVariable script:failures -ErrorAction SilentlyContinue } | Should -Throw -ErrorId 'NothingDiscovered,*'
        $failures.TargetObject | Should -Contain 'web-01'
        $failures.TargetObject | Should -Contain 'web-02'
        $path | Should -Not -Exist
    }

    It 'takes wildcards for aliases of ssh_config' {
        $config = Join-Path $TestDrive 'ssh_config'
        Set-Content $config "Host web-01 web-02`n  HostName 127.0.0.1`n  Port 1`nHost *`n  User nobody"
        { New-FoobarInventory 'web-*' -Path $path -SshConfig $config -ErrorVariable script:failures -ErrorAction SilentlyContinue } | Should -Throw -ErrorId 'NothingDiscovered,*'
        @($failures.TargetObject | Where-Object { $_ -like 'web-*' } | Select-Object -Unique).Count | Should -Be 2
        { New-FoobarInventory 'db-*' -Path $path -SshConfig $config } | Should -Throw -ErrorId 'ServerNotFound,*'
        (TabExpansion2 "New-FoobarInventory -SshConfig '$config' -Server web-").CompletionMatches.CompletionText | Should -Be 'web-01', 'web-02'
    }

    It 'takes hosts and groups of an Ansible inventory in YAML' {
        $hosts = Join-Path $TestDrive 'hosts.yml'
        Set-Content $hosts "all:`n  children:`n    webservers:`n      vars: {ansible_port: 1}`n      hosts:`n        web-[01:02]:`n          ansible_host: 127.0.0.1`n        win-01:`n          ansible_connection: winrm"
        { New-FoobarInventory webservers -AnsibleInventory $hosts -Path $path -WarningVariable script:warnings -WarningAction SilentlyContinue -ErrorVariable script:failures -ErrorAction SilentlyContinue } | Should -Throw -ErrorId 'NothingDiscovered,*'
        @($failures.TargetObject | Where-Object { $_ -like 'web-*' } | Sort-Object -Unique) | Should -Be 'web-01', 'web-02'
        "$warnings" | Should -BeLike "*win-01: it is connected to by 'winrm'*"
        Set-Content $hosts '#!/bin/sh'
        { New-FoobarInventory -AnsibleInventory $hosts -Path $path } | Should -Throw -ErrorId 'AnsibleInventoryInvalid,*'
    }
}

Describe "An inventory of the live site$because" -Tag Lab -Skip:$noLab {
    BeforeAll {
        $script:own = $env:FOOBAR_INVENTORY
        $config = Join-Path (Split-Path $own) 'ssh_config'
        $path = Join-Path $TestDrive 'foobar.json'
    }

    AfterAll {
        Disconnect-FoobarSite -All
    }

    It 'is made of names, shown and not written with -WhatIf' {
        $new = 'lb-01', 'web-01', 'web-02' | New-FoobarInventory -SshConfig $config -Path $path -WhatIf
        $new.IsWritten | Should -BeFalse
        $path | Should -Not -Exist
        $new.Site.Servers.Name | Should -Be 'lb-01', 'web-01', 'web-02'
    }

    It 'is written with its evidence, holds no secret and loads' {
        $new = New-FoobarInventory lb-01, web-01, web-02 -SshConfig $config -Path $path
        $new.IsWritten | Should -BeTrue
        (Get-FoobarServer -Inventory $path).Name | Should -Be 'lb-01', 'web-01', 'web-02'
        $sidecar = Get-Content $new.EvidencePath | ConvertFrom-Json
        $sidecar.evidence.key | Should -Contain 'policy.flows.backends'
        $sidecar.questions.kind | Should -Contain 'confirm'
        Get-ChildItem $TestDrive -File | Get-Content | Should -Not -Match 'password|PRIVATE KEY'
        { New-FoobarInventory lb-01 -SshConfig $config -Path $path } | Should -Throw -ErrorId 'FileExists,*'
    }

    It 'does not differ from what it was made of, and a hand edit stays when a difference is applied' {
        Update-FoobarInventory $path | Should -BeNullOrEmpty
        $json = Get-Content $path -Raw | ConvertFrom-Json -AsHashtable
        $json.policy.tls.warnDays = 45
        $json.policy.flows = @($json.policy.flows | Where-Object name -ne 'time')
        $json | ConvertTo-Json -Depth 10 | Set-Content $path
        $shown = Update-FoobarInventory $path
        $shown.Kind | Should -Be 'Added'
        $shown.Key | Should -Be 'policy.flows.time'
        $shown.IsApplied | Should -BeFalse
        (Update-FoobarInventory $path -Apply -WhatIf).IsApplied | Should -BeFalse
        (Update-FoobarInventory $path -Apply -Confirm:$false).IsApplied | Should -BeTrue
        $json = Get-Content $path -Raw | ConvertFrom-Json
        $json.policy.tls.warnDays | Should -Be 45
        $json.policy.flows.name | Should -Contain 'time'
        Update-FoobarInventory $path | Should -BeNullOrEmpty
    }
}
