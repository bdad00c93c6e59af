# Monitoring services against a web server of the tests on this machine.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force

    # Answers each request with what the table says of its path, and notes what came.
    function StartServer([hashtable] $Answers) {
        $probe = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $probe.Start()
        $port = $probe.LocalEndpoint.Port
        $probe.Stop()
        $listener = [System.Net.HttpListener]::new()
        $listener.Prefixes.Add("http://127.0.0.1:$port/")
        $listener.Start()
        $seen = [System.Collections.Concurrent.ConcurrentQueue[object]]::new()
        $shell = [PowerShell]::Create().AddScript({
                param($Listener, $Answers, $Seen)
                while ($Listener.IsListening) {
                    try { $context = $Listener.GetContext() } catch { return }
                    $body = [System.IO.StreamReader]::new($context.Request.InputStream).ReadToEnd()
                    $Seen.Enqueue([pscustomobject] @{ Method = $context.Request.HttpMethod; Path = $context.Request.Url.AbsolutePath; Body = $body; Authorization = $context.Request.Headers['Authorization'] })
                    $status, $text = $Answers[$context.Request.Url.AbsolutePath] ?? (200, '{}')
                    $context.Response.StatusCode = $status
                    $bytes = [System.Text.Encoding]::UTF8.GetBytes($text)
                    $context.Response.OutputStream.Write($bytes, 0, $bytes.Length)
                    $context.Response.Close()
                }
            }).AddArgument($listener).AddArgument($Answers).AddArgument($seen)
        [pscustomobject] @{ Url = "http://127.0.0.1:$port"; Seen = $seen; Listener = $listener; Shell = $shell; Running = $shell.BeginInvoke() }
    }

    function StopServer($Server) {
        $Server.Listener.Close()
        $Server.Shell.Dispose()
    }

    function WriteInventory([hashtable] $Services) {
        $inventory = Get-Content (Join-Path $PSScriptRoot 'Data' 'foobar.json') -Raw | ConvertFrom-Json -AsHashtable
        $inventory.policy.monitoring = @{ services = $Services }
        $path = Join-Path $TestDrive "services-$([guid]::NewGuid()).json"
        $inventory | ConvertTo-Json -Depth 10 | Set-Content $path
        $path
    }

    $key = 'pester-hidden-key-0123456789'
    $secure = ConvertTo-SecureString $key -AsPlainText -Force
    $spool = Join-Path $TestDrive 'spool'
    $findings = Invoke-FoobarAudit -Snapshot (Join-Path $PSScriptRoot 'Data' 'after.snapshot.json') -Control TLS-008
}

Describe 'Send-FoobarFinding' {
    BeforeAll {
        $server = StartServer @{ '/down' = 500, 'no' }
        $inventory = WriteInventory @{
            hook = @{ kind = 'webhook'; url = "$($server.Url)/hook" }
            down = @{ kind = 'webhook'; url = "$($server.Url)/down" }
            otel = @{ kind = 'otlp'; url = $server.Url }
        }
    }

    AfterAll { StopServer $server }

    It 'sends findings, those of a job and of JSON too' {
        $again = $findings | ConvertTo-Json | ConvertFrom-Json
        $result = @($findings) + @($again) | Send-FoobarFinding hook -Inventory $inventory -SpoolPath $spool -ServiceCredential @{ hook = $secure }
        $result | Should -BeOfType Foobar.Ops.Services.Sending.SendResult
        $result.Sent, $result.Waiting, $result.Requests | Should -Be 6, 0, 1
        $request = @($server.Seen)[-1]
        $request.Authorization | Should -Be "Bearer $key"
        $entries = ($request.Body | ConvertFrom-Json).entries
        $entries.attributes.controlId | Select-Object -Unique | Should -Be 'TLS-008'
        ($entries.id | Select-Object -Unique).Count | Should -Be 3
    }

    It 'changes nothing with -WhatIf, and shows what it would send' {
        $count = $server.Seen.Count
        $verbose = $findings | Send-FoobarFinding hook -Inventory $inventory -SpoolPath $spool -WhatIf -Verbose 4>&1
        "$verbose" | Should -BeLike '*"controlId":"TLS-008"*'
        $server.Seen.Count | Should -Be $count
    }

    It 'keeps what a service does not take, and sends it later' {
        $failures = $null
        $result = $findings | Send-FoobarFinding down -Inventory $inventory -SpoolPath $spool -TimeoutSeconds 1 -ErrorVariable failures -ErrorAction SilentlyContinue
        $result.Sent, $result.Waiting | Should -Be 0, 3
        $failures.FullyQualifiedErrorId | Should -BeLike 'ServiceFailed,*'
        $failures[0].TargetObject | Should -Be 'down'
        if (-not $IsWindows) {
            (Get-ChildItem $spool -Recurse -File).UnixMode | Select-Object -Unique | Should -Be '-rw-------'
            (Get-ChildItem $spool -Recurse -Directory).UnixMode | Select-Object -Unique | Should -Be 'drwx------'
        }

        $moved = WriteInventory @{ down = @{ kind = 'webhook'; url = "$($server.Url)/up" } }
        (Send-FoobarFinding down -Inventory $moved -SpoolPath $spool).Sent | Should -Be 3
        (Send-FoobarFinding down -Inventory $moved -SpoolPath $spool).Sent | Should -Be 0
    }

    It 'loses nothing when its process is killed while it sends' {
        $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $silent.Start()
        try {
            $stalled = WriteInventory @{ killed = @{ kind = 'webhook'; url = "http://127.0.0.1:$($silent.LocalEndpoint.Port)/" } }
            $snapshot = Join-Path $PSScriptRoot 'Data' 'after.snapshot.json'
            $script = "Import-Module '$env:FOOBAR_TEST_MODULE'; Invoke-FoobarAudit -Snapshot '$snapshot' -Control TLS-008 | Send-FoobarFinding killed -Inventory '$stalled' -SpoolPath '$spool'"
            $process = Start-Process pwsh -ArgumentList '-NoProfile', '-Command', $script -PassThru
            $connection = $silent.AcceptTcpClientAsync()
            $connection.Wait(60000) | Should -BeTrue
            $process.Kill($true)
            $process.WaitForExit()
            $up = WriteInventory @{ killed = @{ kind = 'webhook'; url = "$($server.Url)/up" } }
            (Send-FoobarFinding killed -Inventory $up -SpoolPath $spool).Sent | Should -Be 3
        }
        finally {
            $silent.Stop()
        }
    }

    It 'fits a table of 80 columns' {
        $text = $findings | Send-FoobarFinding otel -Inventory $inventory -SpoolPath $spool | Out-String -Width 80
        $text | Should -Match 'otel\s+Otlp\s+3\s+0\s+0\s+0\s+1'
        @($server.Seen)[-1].Path | Should -Be '/v1/logs'
    }
}

Describe 'Send-FoobarMetric' {
    It 'refuses what is no measurement, a service that takes nothing, and an unknown one' {
        $inventory = WriteInventory @{ prom = @{ kind = 'prometheus'; url = 'http://127.0.0.1:9090' }; hook = @{ kind = 'webhook'; url = 'http://127.0.0.1:9/hook' } }
        { 'text' | Send-FoobarMetric hook -Inventory $inventory -SpoolPath $spool } | Should -Throw -ErrorId 'NotSendable,*'
        { Send-FoobarMetric prom -Inventory $inventory -SpoolPath $spool } | Should -Throw -ErrorId 'ServiceTakesNothing,*'
        { Send-FoobarMetric none -Inventory $inventory -SpoolPath $spool } | Should -Throw -ErrorId 'ServiceUnknown,*'
    }

    It 'completes the services that take something' {
        $inventory = WriteInventory @{ prom = @{ kind = 'prometheus'; url = 'http://127.0.0.1:9090' }; hook = @{ kind = 'webhook'; url = 'http://127.0.0.1:9/hook' } }
        $line = "Send-FoobarMetric -Inventory '$inventory' -Service "
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'hook'
    }
}

Describe 'Measure-FoobarQps -Service' {
    It 'tells a service that can not be asked or has no key, and asks nothing of it' {
        $server = StartServer @{}
        try {
            $inventory = WriteInventory @{ hook = @{ kind = 'webhook'; url = $server.Url }; dd = @{ kind = 'datadog'; url = $server.Url } }
            $null = @() | Measure-FoobarQps -Inventory $inventory -Service hook, dd -ErrorVariable failures -ErrorAction SilentlyContinue
            $failures.FullyQualifiedErrorId | Should -BeLike 'Service*'
            $failures.FullyQualifiedErrorId | ForEach-Object { $_.Split(',')[0] } | Sort-Object | Should -Be 'ServiceKeyMissing', 'ServiceNotAsked'
            $server.Seen.Count | Should -Be 0
        }
        finally {
            StopServer $server
        }
    }
}
