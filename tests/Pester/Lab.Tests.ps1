# Against a live site: the inventory of a raised lab in FOOBAR_INVENTORY. Only reads.
BeforeDiscovery {
    $noLab = -not $env:FOOBAR_INVENTORY
    $because = if ($noLab) { ' (skipped: FOOBAR_INVENTORY names no inventory of a raised lab)' }
}

Describe "The live site$because" -Tag Lab -Skip:$noLab {
    BeforeAll {
        Import-Module $env:FOOBAR_TEST_MODULE -Force
    }

    AfterAll {
        Disconnect-FoobarSite -All
    }

    It 'connects to every server' {
        $site = Connect-FoobarSite -ErrorVariable failures
        $failures | Should -BeNullOrEmpty
        $site.Site.Servers.Count | Should -BeGreaterOrEqual 3
    }

    It 'runs a command on the web servers' {
        $results = Get-FoobarServer -Role Web | Invoke-FoobarCommand 'hostname'
        $results.Output | Sort-Object | Should -Be (Get-FoobarServer -Role Web).Name
        $results.ExitCode | Should -Not -Contain 1
    }

    It 'runs a command as root' {
        (Invoke-FoobarCommand 'id -u' -Server * -AsRoot).Output | Select-Object -Unique | Should -Be '0'
    }

    It 'ends a hung command within its time, and the session goes on' {
        Invoke-FoobarCommand 'sleep 300 & echo $! >/tmp/hung; wait' -Server web-01 -TimeoutSeconds 2 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        (Invoke-FoobarCommand 'for i in 1 2 3 4 5 6 7 8 9; do kill -0 $(cat /tmp/hung) 2>/dev/null || break; sleep 0.3; done; kill -0 $(cat /tmp/hung) 2>/dev/null; echo $?; rm -f /tmp/hung' -Server web-01).Output | Should -Be '1'
    }

    It 'lists what was judged of a member, not all that was read' {
        $list = Get-FoobarReplication | Format-List | Out-String
        $list | Should -Match '(?m)^GtidExecuted +:'
        $list | Should -Not -Match 'Facts'
    }

    It 'is audited without a Fail' {
        $findings = Invoke-FoobarAudit -ErrorVariable failures
        $failures | Should -BeNullOrEmpty
        $findings.Count | Should -BeGreaterThan 50
        $findings | Where-Object Status -EQ Fail | ForEach-Object { "$($_.ControlId) $($_.Server) $($_.Target): $($_.Actual)" } | Should -BeNullOrEmpty
    }

    Context 'with other host keys known' {
        BeforeAll {
            # The site's inventory with an ssh_config that has a known_hosts of its own.
            function New-Inventory($hosts) {
                $inventory = Get-Content $env:FOOBAR_INVENTORY -Raw | ConvertFrom-Json -AsHashtable
                $inventory.Remove('$schema')
                $folder = Split-Path $env:FOOBAR_INVENTORY
                $known = Join-Path $TestDrive 'known_hosts'
                Set-Content $known $hosts
                (Get-Content ([System.IO.Path]::Combine($folder, $inventory.sshConfig)) -Raw) -replace '(?m)(UserKnownHostsFile\s+).*$', "`$1$known" | Set-Content (Join-Path $TestDrive 'ssh_config')
                $inventory.sshConfig = Join-Path $TestDrive 'ssh_config'
                $inventory | ConvertTo-Json -Depth 20 | Set-Content (Join-Path $TestDrive 'foobar.json')
                Join-Path $TestDrive 'foobar.json'
            }

            $real = Get-Content (Join-Path (Split-Path $env:FOOBAR_INVENTORY) 'known_hosts')
            $null = ssh-keygen -q -t ed25519 -N '' -f (Join-Path $TestDrive 'other')
            $other = (Get-Content (Join-Path $TestDrive 'other.pub')).Split(' ')[0..1] -join ' '
        }

        It 'reports a key that has changed, with both fingerprints, and never accepts it' {
            $inventory = New-Inventory ($real | ForEach-Object { "$($_.Split(' ')[0]) $other" })
            foreach ($accept in $false, $true) {
                $null = Connect-FoobarSite -Inventory $inventory -Server fw-01 -AcceptNewHostKey:$accept -ErrorVariable failures -ErrorAction SilentlyContinue
                $failures[0].FullyQualifiedErrorId | Should -BeLike 'HostKeyChanged,*'
                $failures[0].CategoryInfo.Category | Should -Be 'AuthenticationError'
                ([regex]::Matches("$($failures[0])", 'SHA256:[A-Za-z0-9+/]{43}').Value | Select-Object -Unique).Count | Should -Be 2
            }
        }

        It 'reports a key that is revoked' {
            $inventory = New-Inventory (@($real | ForEach-Object { "@revoked $_" }) + $real)
            $null = Connect-FoobarSite -Inventory $inventory -Server fw-01 -ErrorVariable failures -ErrorAction SilentlyContinue
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'HostKeyRevoked,*'
        }

        It 'reports a key that is unknown, and accepts and keeps it only if told' {
            $inventory = New-Inventory ''
            $null = Connect-FoobarSite -Inventory $inventory -Server fw-01 -ErrorVariable failures -ErrorAction SilentlyContinue
            $failures[0].FullyQualifiedErrorId | Should -BeLike 'HostKeyUnknown,*'
            "$($failures[0])" | Should -Match 'SHA256:'
            Connect-FoobarSite -Inventory $inventory -Server fw-01 -AcceptNewHostKey -ErrorAction Stop | Disconnect-FoobarSite
            Connect-FoobarSite -Inventory $inventory -Server fw-01 -ErrorAction Stop | Disconnect-FoobarSite
        }
    }
}
