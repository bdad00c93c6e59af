# Sessions and commands against this machine's own shell, through a stand-in for the OpenSSH client: no network, no server.
BeforeDiscovery {
    $noShell = $IsWindows
}

BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $before = $env:FOOBAR_INVENTORY, $env:PATH
    $env:FOOBAR_INVENTORY = Join-Path $PSScriptRoot 'Data' 'foobar.json'
    $env:PATH = (Join-Path $PSScriptRoot 'Data' 'stand-in') + [System.IO.Path]::PathSeparator + $env:PATH
    function Get-Client { @(Get-Process -Name ssh, sh -ErrorAction Ignore | Where-Object { $_.Parent.Id -eq $PID }) }
    function Wait-Ended($id) {
        # A process that has ended may still wait for its parent to notice (state Z).
        for ($i = 0; $i -lt 50; $i++) {
            if (-not (Test-Path "/proc/$id/stat") -or (Get-Content "/proc/$id/stat" -Raw) -match '\) [ZX] ') { return $true }
            Start-Sleep -Milliseconds 100
        }

        $false
    }
}

AfterAll {
    Disconnect-FoobarSite -All
    $env:FOOBAR_INVENTORY, $env:PATH = $before
}

Describe 'Connecting' -Skip:$noShell {
    AfterEach {
        Disconnect-FoobarSite -All
    }

    It 'gives a session, and one error for the server that is not reached' {
        $site = Connect-FoobarSite -ErrorVariable failures -ErrorAction SilentlyContinue
        $site.Site.Name | Should -Be 'www.foobar.com'
        $failures.FullyQualifiedErrorId | Should -BeLike 'ServerUnreachable,*'
        $failures.TargetObject | Should -Be 'off-01'
        $failures.CategoryInfo.Category | Should -Be 'ConnectionError'
        $failures[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'connects only to the servers asked for' {
        $null = Connect-FoobarSite -Role Web
        (Get-Client).Count | Should -Be 2
    }

    It 'makes it the connected site, which goes before the environment''s' {
        $null = Connect-FoobarSite -Server lb-01
        $env:FOOBAR_INVENTORY = Join-Path $TestDrive 'none.json'
        try {
            (Get-FoobarServer lb-01).Name | Should -Be 'lb-01'
        }
        finally {
            $env:FOOBAR_INVENTORY = Join-Path $PSScriptRoot 'Data' 'foobar.json'
        }
    }

    It 'leaves no site connected if no server is reached, and ends a runbook with -ErrorAction Stop' {
        { Connect-FoobarSite -Server off-01 -ErrorAction Stop } | Should -Throw -ErrorId 'ServerUnreachable,*'
        Connect-FoobarSite -Server off-01 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        (Get-Client).Count | Should -Be 0
    }

    It 'shares one connection a server between the cmdlets that follow' {
        1..3 | ForEach-Object { (Invoke-FoobarCommand 'echo $PPID' -Server lb-01).ExitCode | Should -Be 0 }
        (Get-Client).Count | Should -Be 1
    }

    It 'closes what it is told to' {
        $one = Connect-FoobarSite -Server lb-01
        $other = Connect-FoobarSite -Server web-01 -AcceptNewHostKey
        (Get-Client).Count | Should -Be 2
        $other | Disconnect-FoobarSite
        (Get-Client).Count | Should -Be 1
        (Invoke-FoobarCommand 'echo still' -Server lb-01 -Session $one).Output | Should -Be 'still'
        Disconnect-FoobarSite
        (Get-Client).Count | Should -Be 0
        { Disconnect-FoobarSite -ErrorAction Stop } | Should -Not -Throw
    }

    It 'closes all when the module is removed' {
        $null = Connect-FoobarSite -Server lb-01, web-01
        Remove-Module Foobar.Ops
        (Get-Client).Count | Should -Be 0
        Import-Module $env:FOOBAR_TEST_MODULE
    }

    It 'says of a closed session that it was closed, after <_>' -ForEach 'Disconnect-FoobarSite', 'Import-Module -Force' {
        $session = Connect-FoobarSite -Server lb-01
        if ($_ -eq 'Disconnect-FoobarSite') { Disconnect-FoobarSite $session } else { Import-Module $env:FOOBAR_TEST_MODULE -Force }
        { Invoke-FoobarCommand 'echo' -Server lb-01 -Session $session } | Should -Throw -ErrorId 'SessionClosed,*'
        (Get-FoobarServer -Session $session).Count | Should -BeGreaterThan 0
        { Disconnect-FoobarSite $session -ErrorAction Stop } | Should -Not -Throw
        { Get-FoobarServer -Session $null } | Should -Throw -ErrorId 'SessionRequired,*'
    }

    It 'has sessions of its own in each runspace' {
        $null = Connect-FoobarSite -Server lb-01
        $module = $env:FOOBAR_TEST_MODULE
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$module'; (Invoke-FoobarCommand 'echo there' -Server web-01).Output").Invoke() | Should -Be 'there'
        (Get-Client).Count | Should -Be 2
        $shell.Dispose()
        for ($i = 0; $i -lt 50 -and (Get-Client).Count -gt 1; $i++) { Start-Sleep -Milliseconds 100 }
        (Get-Client).Count | Should -Be 1
        (Invoke-FoobarCommand 'echo here' -Server lb-01).Output | Should -Be 'here'
    }

    It 'never shows a password' {
        $password = ConvertTo-SecureString 'hunter2-s3cret' -AsPlainText -Force
        $credential = [pscredential]::new('app', $password)
        $all = @(Connect-FoobarSite -DatabaseCredential $credential -SudoPassword $password -Verbose -Debug:$false -ErrorAction SilentlyContinue -ErrorVariable failures *>&1) + $failures
        $processes = Get-ChildItem /proc -Filter '[0-9]*' -Directory -ErrorAction Ignore | ForEach-Object {
            foreach ($file in 'cmdline', 'environ') { [System.IO.File]::Exists("$_/$file") ? (Get-Content "$_/$file" -Raw -ErrorAction Ignore) : '' }
        }
        ($all | Format-List * -Force | Out-String) | Should -Not -Match 'hunter2'
        ($processes -join "`n") | Should -Not -Match 'hunter2-s3cret'
    }

    It 'gives no SSH credential to the OpenSSH client, which takes none, and shows its password nowhere' {
        $credential = [pscredential]::new('operator', (ConvertTo-SecureString 'hunter2-s3cret' -AsPlainText -Force))
        $all = @(Connect-FoobarSite -Server lb-01 -SshTransport OpenSsh -SshCredential $credential -Verbose -ErrorAction SilentlyContinue -ErrorVariable failures *>&1) + $failures
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'SshCredentialUnusable,*'
        $failures[0].TargetObject | Should -Be 'lb-01'
        ($all | Format-List * -Force | Out-String) | Should -Not -Match 'hunter2'
        (Get-Client).Count | Should -Be 0
    }

    It 'takes the transport asked for, and completes its name' {
        $null = Connect-FoobarSite -Server lb-01 -SshTransport OpenSsh
        (Get-Client).Count | Should -Be 1
        $line = 'Connect-FoobarSite -SshTransport '
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'Auto', 'OpenSsh', 'SshNet'
        { Connect-FoobarSite -SshTransport Telnet } | Should -Throw -ErrorId 'CannotConvertArgumentNoMessage,*'
    }
}

Describe 'Invoke-FoobarCommand' -Skip:$noShell {
    It 'gives output, error and exit code apart, for each server' {
        $results = Get-FoobarServer -Role Web | Invoke-FoobarCommand 'echo out; echo err >&2; exit 3'
        $results.Server | Sort-Object | Should -Be 'web-01', 'web-02'
        $results[0].Output, $results[0].Error, $results[0].ExitCode | Should -Be 'out', 'err', 3
        $results[0].Duration | Should -BeOfType ([timespan])
    }

    It 'hands over arguments literally: <_>' -ForEach '$(touch /tmp/x)', "it's", "'; exit 9 #", "two`nlines", '', '-n', '*', '\', '"' {
        $result = Invoke-FoobarCommand 'printf %s "$1"' -Server lb-01 -ArgumentList $_
        $result.ExitCode | Should -Be 0
        [System.Text.Encoding]::UTF8.GetString($result.OutputBytes) | Should -Be $_
    }

    It 'refuses a NUL, which no shell can be given' {
        { Invoke-FoobarCommand 'echo "$1"' -Server lb-01 -ArgumentList "a`0b" -ErrorAction Stop } | Should -Throw -ErrorId 'ArgumentNotQuotable,*'
    }

    It 'keeps bytes' {
        $bytes = [byte[]](0..255)
        (Invoke-FoobarCommand 'cat' -Server lb-01 -StandardInput $bytes).OutputBytes | Should -Be $bytes
    }

    It 'sends text and lines on standard input' {
        (Invoke-FoobarCommand 'cat' -Server lb-01 -StandardInput 'one').Output | Should -Be 'one'
        (Invoke-FoobarCommand 'cat' -Server lb-01 -StandardInput one, two).Output | Should -Be "one`ntwo"
    }

    It 'takes scripts with Windows line ends' {
        (Invoke-FoobarCommand "x=1`r`necho `$x`r`n" -Server lb-01).Output | Should -Be '1'
    }

    It 'takes a non-zero exit code as data, or as an error if told' {
        Invoke-FoobarCommand 'exit 7' -Server lb-01 -ErrorVariable failures | Select-Object -ExpandProperty ExitCode | Should -Be 7
        $failures | Should -BeNullOrEmpty
        $result = Invoke-FoobarCommand 'echo why >&2; exit 7' -Server lb-01 -FailOnExitCode -ErrorVariable failures -ErrorAction SilentlyContinue
        $result.ExitCode | Should -Be 7
        $failures.FullyQualifiedErrorId | Should -BeLike 'ExitCodeNotZero,*'
        "$failures" | Should -Match 'lb-01.*exit code 7.*why'
    }

    It 'goes on with the other servers when one is not reached' {
        $results = Invoke-FoobarCommand 'echo ok' -Server * -ErrorVariable failures -ErrorAction SilentlyContinue
        $results.Server | Sort-Object | Should -Be 'lb-01', 'web-01', 'web-02'
        $failures.TargetObject | Should -Be 'off-01'
    }

    It 'ends at the first failed server where errors are to stop, and the sessions go on' {
        $ErrorActionPreference = 'Stop'
        { Invoke-FoobarCommand 'sleep 0.2; exit 1' -Server * -FailOnExitCode } | Should -Throw
        (Invoke-FoobarCommand 'echo on' -Server web-01).Output | Should -Be 'on'
    }

    It 'may be used on one session by several runspaces at once' {
        $site = Connect-FoobarSite -Server lb-01
        $module = $env:FOOBAR_TEST_MODULE
        $said = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:module
            (Invoke-FoobarCommand 'echo "$1"' -Server lb-01 -Session $using:site -ArgumentList $_).Output
        }
        $said | Sort-Object | Should -Be '1', '2', '3', '4'
        (Invoke-FoobarCommand 'echo on' -Server lb-01 -Session $site).Output | Should -Be 'on'
    }

    It 'needs to be told which servers are meant' {
        { Invoke-FoobarCommand 'echo ok' -ErrorAction Stop } | Should -Throw -ErrorId 'ServerRequired,*'
        @() | Invoke-FoobarCommand 'echo ok' | Should -BeNullOrEmpty
    }

    It 'runs nothing with -WhatIf' {
        $mark = Join-Path $TestDrive 'mark'
        Invoke-FoobarCommand 'touch "$1"' -Server * -ArgumentList $mark -WhatIf | Should -BeNullOrEmpty
        $mark | Should -Not -Exist
    }

    It 'says what runs where with -Verbose, but not what goes to standard input' {
        $said = Invoke-FoobarCommand 'cat >/dev/null' -Server lb-01 -StandardInput 'hunter2' -Verbose 4>&1 | Out-String
        $said | Should -Match 'lb-01: running: .*cat >/dev/null'
        $said | Should -Not -Match 'hunter2'
    }

    It 'ends a command that takes too long, as an error of its server, and the session goes on' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        Invoke-FoobarCommand 'sleep 300 & echo $! >"$1"; wait' -Server lb-01 -ArgumentList (Join-Path $TestDrive 'pid') -TimeoutSeconds 1 -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failures[0].TargetObject | Should -Be 'lb-01'
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
        (Invoke-FoobarCommand 'echo on' -Server lb-01).Output | Should -Be 'on'
        Wait-Ended (Get-Content (Join-Path $TestDrive 'pid')) | Should -BeTrue
    }

    It 'is stopped as by Ctrl+C: returns, ends the command, and the session goes on' {
        $file = Join-Path $TestDrive 'stopped'
        $shell = [powershell]::Create([System.Management.Automation.RunspaceMode]::NewRunspace)
        $null = $shell.AddScript("Import-Module '$env:FOOBAR_TEST_MODULE'").Invoke()
        $shell.Commands.Clear()
        $null = $shell.AddScript("Invoke-FoobarCommand 'sleep 300 & echo `$! >`"`$1`"; wait' -Server lb-01 -ArgumentList '$file' -TimeoutSeconds 600")
        $running = $shell.BeginInvoke()
        for ($i = 0; $i -lt 100 -and -not (Test-Path $file); $i++) { Start-Sleep -Milliseconds 100 }
        $shell.Stop()
        $failure = { $shell.EndInvoke($running) } | Should -Throw -PassThru
        $failure.Exception.InnerException | Should -BeOfType ([System.Management.Automation.PipelineStoppedException])
        $shell.Commands.Clear()
        $shell.AddScript("(Invoke-FoobarCommand 'echo on' -Server lb-01).Output").Invoke() | Should -Be 'on'
        $shell.Dispose()
        Wait-Ended (Get-Content $file) | Should -BeTrue
    }

    It 'keeps the session when Ctrl+C reaches the client, too, as it does in a terminal' {
        $null = Invoke-FoobarCommand 'true' -Server lb-01
        $clients = Get-Client
        $clients | ForEach-Object { kill -s INT $_.Id }
        (Invoke-FoobarCommand 'echo on' -Server lb-01).Output | Should -Be 'on'
        (Get-Client).Id | Should -Be $clients.Id
    }

    It 'lets a pipeline that has enough end it' {
        Invoke-FoobarCommand 'echo quick' -Server * -ErrorAction SilentlyContinue | Select-Object -First 1 | Select-Object -ExpandProperty Output | Should -Be 'quick'
        (Invoke-FoobarCommand 'echo on' -Server lb-01).Output | Should -Be 'on'
    }

    It 'shows one readable line a server in <_> columns' -ForEach 80, 120 {
        $text = Invoke-FoobarCommand 'echo out' -Server lb-01 | Out-String -Width $_
        $text | Should -Match 'lb-01\s+0\s+[\d.,]+ out'
    }
}
