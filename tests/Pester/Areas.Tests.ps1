# Servers, certificates, load balancer, monitoring, traffic; what needs a raised lab has the tag Lab.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $lab = $env:FOOBAR_INVENTORY
    $offline = Join-Path $PSScriptRoot 'Data' 'foobar.json'
}

Describe 'Binding' {
    It 'refuses an interval out of range for <_>' -ForEach 'Get-FoobarMetric', 'Measure-FoobarQps' {
        { & $_ -Inventory $offline -IntervalSeconds 0 } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'takes an unknown control for an error in <_>' -ForEach 'Test-FoobarServer', 'Test-FoobarCertificate', 'Test-FoobarTls', 'Test-FoobarMonitoring', 'Test-FoobarTopology' {
        { & $_ -Inventory $offline -Control NO-* } | Should -Throw -ErrorId 'ControlNotFound,*'
    }

    It 'takes an empty pipeline for no server in <_>' -ForEach 'Test-FoobarServer', 'Get-FoobarMetric', 'Measure-FoobarQps', 'Get-FoobarBackend', 'Get-FoobarMonitoringAgent', 'Get-FoobarCertificate', 'Get-FoobarTlsLeg', 'Test-FoobarTls', 'Get-FoobarTopology', 'Test-FoobarTopology' {
        @() | & $_ -Inventory $offline | Should -BeNullOrEmpty
    }

    It 'takes either log files or servers to go on measuring' {
        { Measure-FoobarQps -Path $offline -Continuous } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'gives lists whose members can be taken by number' {
        $control = Get-FoobarControl FW-001
        $control.References.Count | Should -BeGreaterThan 1
        @($control.References[0]).Count | Should -Be 1
    }

    It 'asks only load balancers for their backends' {
        Get-FoobarServer -Inventory $offline web-02 | Get-FoobarBackend -Inventory $offline | Should -BeNullOrEmpty
    }
}

Describe 'Measure-FoobarQps -Path' {
    BeforeAll {
        $line = '192.0.2.1 - - [30/Nov/2026:05:44:{0} +0000] "GET / HTTP/1.1" {1} 612 "-" "curl"'
        $folder = Join-Path $TestDrive 'logs'
        $null = New-Item $folder -ItemType Directory
        ($line -f 51, 200), ($line -f 51, 500), 'junk', ($line -f 53, 404) | Set-Content (Join-Path $folder 'access.log')
        ($line -f 40, 200) | Set-Content (Join-Path $folder 'access.log.1')
    }

    It 'counts log files together, by class of status, and shows what it did not understand' {
        $rate = Measure-FoobarQps -Path (Join-Path $folder 'access.log*')
        $rate.Count | Should -Be 4
        $rate.Breakdown.Successful, $rate.Breakdown.ClientErrors, $rate.Breakdown.ServerErrors | Should -Be 2, 1, 1
        $rate.CountLower, $rate.CountUpper, $rate.IsExact | Should -Be 4, 5, $false
        $rate.Log.UnparsedLines.Text | Should -Be 'junk'
    }

    It 'gives a window each interval' {
        (Measure-FoobarQps -Path (Join-Path $folder 'access.log') -IntervalSeconds 1).Count | Should -Be 3
    }

    It 'shows the window of what came through <_> as it was' -ForEach 'Export-Clixml', 'a remote session' {
        $start = [DateTimeOffset]'2026-12-01T12:00:00+02:00'
        $rate = [Foobar.Ops.Traffic.TrafficRate] @{
            Server = 'lb-01'; Origin = 'HaproxyFrontend'; Name = 'www-https'; Unit = 'Requests'; Start = $start; End = $start.AddSeconds(5); WindowSeconds = 5
        }
        $back = switch ($_) {
            'Export-Clixml' {
                $rate | Export-Clixml (Join-Path $TestDrive 'rate.xml')
                Import-Clixml (Join-Path $TestDrive 'rate.xml')
            }
            'a remote session' { [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($rate)) }
        }
        $back.PSObject.TypeNames[0] | Should -BeLike 'Deserialized.*'
        $back | Out-String | Should -Match 'Window: 2026-12-01 10:00:00 to 10:00:05 UTC'
        $rate | Out-String | Should -Match 'Window: 2026-12-01 10:00:00 to 10:00:05 UTC'
    }

    It 'names a file that is not there, and counts the others' {
        $rate = Measure-FoobarQps -Path (Join-Path $folder 'none.log'), (Join-Path $folder 'access.log.1') -ErrorVariable failures -ErrorAction SilentlyContinue
        $rate.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'LogUnreadable,*'
    }
}

Describe 'Test-FoobarTls' {
    It 'knows its controls, and no other area''s' {
        { Test-FoobarTls -HostName 127.0.0.1 -Port 1 -Control TLS-001 } | Should -Throw -ErrorId 'ControlNotFound,*'
        (Get-FoobarControl -Id TLS-02*, TLS-03*, TLS-05*).Count | Should -BeGreaterOrEqual 15
    }

    It 'says what stands in the way of a scan' {
        Test-FoobarTls -HostName 127.0.0.1 -Port 1 -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'EndpointUnreachable,*'
    }

    It 'warns that MySQL may refuse the host that scans it' {
        Test-FoobarTls -HostName db.invalid -StartTls MySql -WarningVariable warned -WarningAction SilentlyContinue -ErrorAction SilentlyContinue
        $warned | Should -Match 'max_connect_errors'
    }

    It 'refuses a profile that Mozilla does not have' {
        { Test-FoobarTls -HostName 127.0.0.1 -Profile best } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'completes <_>' -ForEach 'StartTls MySql', 'Profile modern' {
        $parameter, $value = $_ -split ' '
        $line = "Test-FoobarTls -HostName a -$parameter "
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $value
    }
}

Describe 'Get-FoobarTlsLeg' {
    It 'completes the kinds of legs, and refuses another' {
        $line = 'Get-FoobarTlsLeg -Kind '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain 'BalancerToWeb'
        { Get-FoobarTlsLeg -Inventory $offline -Kind Web } | Should -Throw -ErrorId 'CannotConvertArgumentNoMessage,*'
    }

    It 'names the server that can''t be read, and leaves its legs unknown' {
        $legs = Get-FoobarTlsLeg -Inventory $offline -ErrorVariable failures -ErrorAction SilentlyContinue -TimeoutSeconds 20
        $failures.Count | Should -BeGreaterThan 0
        $legs.Kind | Should -Contain 'ClientToBalancer'
        $legs.Rating | Select-Object -Unique | Should -Be 'Unknown'
        $legs.ConfiguredBy | Should -Not -BeNullOrEmpty
    }
}

Describe 'Set-FoobarBackend' {
    It 'says with -WhatIf what it would do, where no server can be asked too' {
        $failures = $null
        Set-FoobarBackend -Inventory $offline -Backend web -Name web-01 -State Drain -WhatIf -ErrorVariable failures -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $failures | Should -BeNullOrEmpty
        $warnings | Should -BeLike 'Whether web/web-01 may be changed could not be seen*'
    }

    It 'refuses names that are more than one word' {
        { Set-FoobarBackend -Inventory $offline -Backend web -Name 'web-01 state ready; shutdown' -State Drain } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'takes members from the pipeline' {
        $member = [pscustomobject]@{ Server = 'lb-01'; Backend = 'web'; Name = 'web-01' }
        $member | Set-FoobarBackend -Inventory $offline -State Maint -WhatIf | Should -BeNullOrEmpty
    }
}

Describe 'Get-FoobarCertificate of any host' {
    It 'says that nothing listens' {
        { Get-FoobarCertificate -HostName 127.0.0.1 -Port 1 -ErrorAction Stop } | Should -Throw -ErrorId 'EndpointUnreachable,*'
    }

    It 'says what speaks there instead of TLS' {
        $listener = [System.Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        $greeter = Start-ThreadJob {
            # Neither is closed before the other is served, so that no reset takes the greeting away.
            $clients = foreach ($turn in 1..2) {
                $client = ($using:listener).AcceptTcpClient()
                $client.GetStream().Write([Text.Encoding]::ASCII.GetBytes("SSH-2.0-Test`r`n"))
                $client
            }
            Start-Sleep -Seconds 1
            $clients.ForEach('Dispose')
        }
        try {
            $failure = { Get-FoobarCertificate -HostName 127.0.0.1 -Port $listener.LocalEndpoint.Port -ErrorAction Stop } | Should -Throw -ErrorId 'TlsNotSpoken,*' -PassThru
            "$failure" | Should -Match 'SSH-2\.0-Test'
        }
        finally {
            $listener.Stop()
            $greeter | Remove-Job -Force
        }
    }

    It 'begins TLS in the protocol that is told' {
        $listener = [System.Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        $server = Start-ThreadJob {
            $client = ($using:listener).AcceptTcpClient()
            $client.GetStream().Write([Text.Encoding]::ASCII.GetBytes("220 mail`r`n"))
            $client.GetStream().Write([Text.Encoding]::ASCII.GetBytes("250 mail`r`n"))
            Start-Sleep -Seconds 2
            $client.Dispose()
        }
        try {
            $failure = { Get-FoobarCertificate -HostName 127.0.0.1 -Port $listener.LocalEndpoint.Port -StartTls Smtp -ErrorAction Stop } | Should -Throw -ErrorId 'TlsNotSpoken,*' -PassThru
            "$failure" | Should -Match 'the mail server wants plain text'
        }
        finally {
            $listener.Stop()
            $server | Remove-Job -Force
        }
    }

    It 'looks at each address of a name' {
        $failures = $null
        Get-FoobarCertificate -HostName localhost -Port 1 -ErrorAction SilentlyContinue -ErrorVariable failures -WarningAction SilentlyContinue
        $failures | Should -Not -BeNullOrEmpty
        $failures.TargetObject | Should -Contain '127.0.0.1:1'
    }

    It 'takes files and a host apart' {
        { Get-FoobarCertificate -HostName 127.0.0.1 -File } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'says that the file with authorities is none' {
        { Get-FoobarCertificate -HostName 127.0.0.1 -Port 1 -TrustedAuthorities $PSCommandPath -ErrorAction Stop } | Should -Throw -ErrorId 'AuthoritiesUnreadable,*'
    }
}

Describe 'The live site' -Tag Lab -Skip:(-not $env:FOOBAR_INVENTORY) {
    It 'is measured, one object a server, with units in the names' {
        $metrics = Get-FoobarMetric -IntervalSeconds 0.5
        $metrics.Server | Sort-Object | Should -Be (Get-FoobarServer).Name
        $metrics | ForEach-Object { $_.CpuUserPercent + $_.CpuSystemPercent + $_.CpuIoWaitPercent + $_.CpuStealPercent + $_.CpuIdlePercent | Should -BeGreaterThan 99.9 }
        $metrics | ForEach-Object { $_.IntervalSeconds | Should -BeGreaterThan 0.49 }
    }

    It 'serves certificates that are trusted' {
        $served = Get-FoobarCertificate
        $served | Should -Not -BeNullOrEmpty
        $served.IsTrusted | Should -Not -Contain $false
        $served.DaysLeft | ForEach-Object { $_ | Should -BeGreaterThan 14 }
    }

    It 'loads every certificate that its files hold' {
        $files = Get-FoobarCertificate -File
        $files.Path | Should -Not -BeNullOrEmpty
        $files | Where-Object IsLoaded -eq $false | Should -BeNullOrEmpty
        $files[0].Uses[0].Place | Should -Not -BeNullOrEmpty
    }

    It 'has backends that are up' {
        (Get-FoobarBackend -Backend web).State | Should -Be 'Up', 'Up'
    }

    It 'lets a web server be taken out and brought back, never the last one' {
        try {
            $out = Set-FoobarBackend -Backend web -Name web-01 -State Maint -Confirm:$false
            $out.After | Should -BeLike 'MAINT*'
            { Set-FoobarBackend -Backend web -Name web-02 -State Drain -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'BackendWouldBeEmpty,*'
        }
        finally {
            $back = Get-FoobarBackend -Backend web | Where-Object State -eq Maintenance | Set-FoobarBackend -State Ready -Confirm:$false
        }
        $back.After | Should -BeLike 'UP*'
    }

    It 'has figures of each service' {
        $metric = Get-FoobarMetric web-01
        $metric.Services.Service | Should -Contain 'nginx.service'
        $metric.Services.Where{ $_.Service -eq 'nginx.service' }.ResidentBytes | Should -BeGreaterThan 0
        ($metric.Services | Out-String -Width 80) | Should -Match 'I/O stall%'
    }

    It 'is watched' {
        $agents = Get-FoobarMonitoringAgent | Where-Object IsExpected
        $agents.IsRunning | Should -Not -Contain $false
        $agents.Flow | Should -Not -Contain Stopped
        $agents.Version | Should -Not -BeNullOrEmpty
    }

    It 'is healthy by <_>' -ForEach 'Test-FoobarServer', 'Test-FoobarCertificate', 'Test-FoobarMonitoring' {
        & $_ | Where-Object Status -in Fail, Unknown | Should -BeNullOrEmpty
    }

    It 'speaks TLS as its policy says, by <_>' -ForEach @{}, @{ Gentle = $true } {
        $scan = @(Test-FoobarTls -PassThru @_)
        $scan.Endpoint.Host | Should -Be (Get-FoobarCertificate lb-01).Endpoint.Host
        foreach ($one in $scan) {
            $one.Protocols.Where{ $_.Offered.Support -eq 'Yes' }.Version | Should -Be 'Tls12', 'Tls13'
        }
        $scan.Protocols.Offered.Support | Should -Not -Contain 'Unknown'
        $scan.Findings | Where-Object Status -in Fail, Unknown | Should -BeNullOrEmpty
        $scan.Connections | Should -BeLessThan 60
        $scan.Grade.Letter | ForEach-Object { $_ | Should -BeLike 'A*' }
        $scan[0].Http.Secure.Value.StrictTransportSecurity | Should -Match 'max-age'
    }

    It 'speaks TLS at its databases' {
        $address = (Get-FoobarServer web-01).Addresses[0]
        $scan = Test-FoobarTls -HostName $address -StartTls MySql -Server web-02 -PassThru -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -Match 'max_connect_errors'
        $scan.Protocols.Where{ $_.Offered.Support -eq 'Yes' }.Version | Should -Contain 'Tls12'
        $scan.Server | Should -Be 'web-02'
    }

    It 'shows each leg, authenticated or on the server alone' {
        $legs = Get-FoobarTlsLeg
        $legs.Kind | Select-Object -Unique | Should -Be 'ClientToBalancer', 'BalancerToWeb', 'AppToDatabase', 'Replication', 'AgentToService'
        $legs | Where-Object Kind -in AppToDatabase, Replication | ForEach-Object { $_.Rating | Should -Be 'Authenticated'; $_.OnTheWire | Should -Be 'Encrypted'; $_.Group | Should -Not -BeNullOrEmpty }
        $legs | Where-Object IsMismatch | Should -BeNullOrEmpty
        (Get-FoobarTlsLeg web-02 -Kind BalancerToWeb).Server | Should -Be 'web-02'
    }

    It 'counts traffic over one window' {
        $rates = Measure-FoobarQps -IntervalSeconds 1
        $rates.Origin | Sort-Object -Unique | Should -Contain 'HaproxyFrontend'
        $rates | Where-Object { $null -eq $_.Rate -or $_.Lower -gt $_.Rate -or $_.Upper -lt $_.Rate } | Should -BeNullOrEmpty
        $rates.WindowSeconds | ForEach-Object { $_ | Should -BeGreaterThan 0.9 }
        ($rates.End | Sort-Object -Unique).Count | Should -Be 1
    }

    It 'streams one sample after another, without a gap' {
        $samples = Measure-FoobarQps -Role LoadBalancer -Origin HaproxyFrontend -Interval 1 -Duration 3 | Group-Object Start
        $samples.Count | Should -Be 3
        $samples[1].Group[0].Start | Should -Be $samples[0].Group[0].End
    }

    It 'goes on until the pipeline has enough' {
        (Measure-FoobarQps -Role LoadBalancer -Interval 0.5 -Continuous | Select-Object -First 3).Count | Should -Be 3
    }

    It 'explains the differences' {
        (Measure-FoobarQps -IntervalSeconds 2 -Explain).To | Should -Contain 'requests to nginx'
    }
}
