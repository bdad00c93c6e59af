# Changing certificates: binding and refusals anywhere, the change and its way back on a raised lab.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $inventory = Join-Path $PSScriptRoot 'Data' 'foobar.json'

    # A certificate of its own authority, with its key in the file.
    function New-Certificate([string]$Path, [string]$Name = 'www.foobar.com', [int]$Days = 30, [int]$Since = 1) {
        $key = [Security.Cryptography.ECDsa]::Create()
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, 'SHA256')
        $names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
        $names.AddDnsName($Name)
        $request.CertificateExtensions.Add($names.Build())
        $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-$Since), [DateTimeOffset]::UtcNow.AddDays($Days))
        Set-Content $Path ($certificate.ExportCertificatePem(), $key.ExportPkcs8PrivateKeyPem())
        $certificate
    }
}

Describe 'Binding' {
    It '<_> takes servers from the pipeline, by value and by property name' -ForEach 'Update-FoobarCertificate', 'New-FoobarCertificateRequest' {
        $parameter = (Get-Command $_).Parameters['Server'].ParameterSets.Values | Select-Object -First 1
        $parameter.ValueFromPipeline | Should -BeTrue
        $parameter.ValueFromPipelineByPropertyName | Should -BeTrue
    }

    It 'takes an empty pipeline for no server' {
        @() | Update-FoobarCertificate -Path none.pem -Inventory $inventory | Should -BeNullOrEmpty
        @() | New-FoobarCertificateRequest -Inventory $inventory | Should -BeNullOrEmpty
    }

    It 'names a server that the inventory does not hold' {
        $failures = $null
        New-FoobarCertificateRequest -Server no-such -Inventory $inventory -ErrorVariable failures -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'ServerNotFound,*'
    }

    It 'has a way back with parameters of its own' {
        $sets = (Get-Command Update-FoobarCertificate).ParameterSets
        ($sets | Where-Object IsDefault).Name | Should -Be 'Install'
        ($sets | Where-Object Name -EQ Undo).Parameters.Name | Should -Contain 'AcceptLaterChanges'
        { Update-FoobarCertificate -Undo -Path a.pem -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'asks before it changes anything' {
        $attribute = (Get-Command Update-FoobarCertificate).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $false)[0]
        $attribute.SupportsShouldProcess | Should -BeTrue
        $attribute.ConfirmImpact | Should -Be 'High'
    }

    It 'takes a passphrase as a SecureString or a credential, never as text' {
        $secret = ConvertTo-SecureString 'x' -AsPlainText -Force
        $credential = [pscredential]::new('none', $secret)
        foreach ($passphrase in $secret, $credential) {
            { Update-FoobarCertificate -Path (Join-Path $TestDrive 'none.pfx') -Passphrase $passphrase -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'CertificateFileUnreadable,*'
        }

        { Update-FoobarCertificate -Path none.pfx -Passphrase 'x' -Inventory $inventory } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
    }

    It 'completes the kinds of keys' {
        $line = 'New-FoobarCertificateRequest -KeyAlgorithm MlDsa'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'MlDsa44', 'MlDsa65', 'MlDsa87'
    }
}

Describe 'Refusals before any server is asked' {
    # The servers of this inventory can't be reached: an error of the connection would show that one was asked.
    It 'refuses <What>' -ForEach @(
        @{ What = 'an expired certificate'; Days = -1; Since = 30; ErrorId = 'CertificateExpired' }
        @{ What = 'one that is not valid yet'; Days = 30; Since = -1; ErrorId = 'CertificateNotYetValid' }
        @{ What = 'one of an authority that nobody trusts'; Days = 30; Since = 1; ErrorId = 'CertificateChainBroken' }
    ) {
        $path = Join-Path $TestDrive 'a.pem'
        $null = New-Certificate $path -Days $Days -Since $Since
        { Update-FoobarCertificate -Path $path -Inventory $inventory -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId "$ErrorId,*"
    }

    It 'refuses a wrong key, and tells what to do' {
        $null = New-Certificate (Join-Path $TestDrive 'a.pem')
        $null = New-Certificate (Join-Path $TestDrive 'b.pem')
        $certificate = (Get-Content (Join-Path $TestDrive 'a.pem') -Raw) -replace '(?s)-----BEGIN PRIVATE.*', ''
        Set-Content (Join-Path $TestDrive 'c.pem') $certificate
        $failure = $null
        try { Update-FoobarCertificate -Path (Join-Path $TestDrive 'c.pem') -KeyPath (Join-Path $TestDrive 'b.pem') -Inventory $inventory -ErrorAction Stop } catch { $failure = $_ }
        # The other file holds its own certificate, too, which is not the one that was named.
        $failure.FullyQualifiedErrorId | Should -BeLike 'CertificateKeyMismatch,*'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'refuses a name that is none' {
        { New-FoobarCertificateRequest * -DnsName 'a b' -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'CertificateRequestInvalid,*'
        { New-FoobarCertificateRequest -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'ServerRequired,*'
    }

    It 'makes nothing with -WhatIf' {
        New-FoobarCertificateRequest * -Inventory $inventory -WhatIf | Should -BeNullOrEmpty
    }
}

Describe 'On a lab' -Tag Lab -Skip:(-not $env:FOOBAR_INVENTORY) {
    BeforeAll {
        if ($env:FOOBAR_INVENTORY) {
            Invoke-FoobarCommand 'rm -rf /var/lib/foobar-ops/certificate' -Role load-balancer, web -AsRoot | Out-Null
        }
    }

    It 'makes a request whose key stays on the server' {
        $path = "/var/lib/foobar-ops/keys/pester-$([guid]::NewGuid().ToString('N')).key"
        $request = New-FoobarCertificateRequest lb-01 -KeyPath $path -MustStaple
        $request.Request | Should -Match 'BEGIN CERTIFICATE REQUEST'
        $request.DnsNames | Should -Contain 'www.foobar.com'
        ($request | Format-Table | Out-String) | Should -Match 'EcdsaP256'
        (Invoke-FoobarCommand "stat -c '%a %U' '$path'" -Server lb-01 -AsRoot).Output.Trim() | Should -Be '600 root'
        $failure = $null
        $null = New-FoobarCertificateRequest lb-01 -KeyPath $path -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'CertificateKeyExists,*'
        (New-FoobarCertificateRequest lb-01 -KeyPath $path -ReuseKey).PublicKeySha256 | Should -Be $request.PublicKeySha256
        $null = Invoke-FoobarCommand "rm -f '$path'" -Server lb-01 -AsRoot
    }

    It 'refuses what is for another name, and changes nothing with -WhatIf' {
        $path = Join-Path $TestDrive 'a.pem'
        $certificate = New-Certificate $path -Name 'shop.example.net'
        $root = Join-Path $TestDrive 'root.pem'
        Set-Content $root $certificate.ExportCertificatePem()
        { Update-FoobarCertificate -Path $path -TrustedAuthorities $root -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'CertificateNameWrong,*'

        $certificate = New-Certificate $path
        Set-Content $root $certificate.ExportCertificatePem()
        $before = (Get-FoobarCertificate).Leaf.Sha256Fingerprint
        $preview = Update-FoobarCertificate -Path $path -TrustedAuthorities $root -AcceptLostNames -WhatIf
        $preview.IsChange | Should -Contain $true
        ($preview | Out-String) | Should -Match 'writes /etc/'
        (Get-FoobarCertificate).Leaf.Sha256Fingerprint | Should -Be $before
        { Update-FoobarCertificate -Undo -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'CertificateNothingKept,*'
    }

    It 'puts everything back when its pipeline is stopped midway' {
        $path = Join-Path $TestDrive 'a.pem'
        $certificate = New-Certificate $path
        Set-Content (Join-Path $TestDrive 'root.pem') $certificate.ExportCertificatePem()
        $state = $env:XDG_STATE_HOME
        $env:XDG_STATE_HOME = "$TestDrive"
        $before = (Get-FoobarCertificate).Leaf.Sha256Fingerprint
        $shell = [powershell]::Create()
        try {
            $script = 'param($module, $folder) Import-Module $module; Update-FoobarCertificate -Path "$folder/a.pem" -TrustedAuthorities "$folder/root.pem" -AcceptLostNames -Confirm:$false -Verbose'
            $running = $shell.AddScript($script).AddArgument($env:FOOBAR_TEST_MODULE).AddArgument("$TestDrive").BeginInvoke()
            $limit = [DateTime]::UtcNow.AddSeconds(60)
            while (-not ($shell.Streams.Verbose.Message -match '^stage .*: Done') -and -not $running.IsCompleted -and [DateTime]::UtcNow -lt $limit) {
                Start-Sleep -Milliseconds 5
            }

            $running.IsCompleted | Should -BeFalse
            $shell.Stop()
        } finally {
            $shell.Dispose()
            $env:XDG_STATE_HOME = $state
        }

        (Get-FoobarCertificate).Leaf.Sha256Fingerprint | Should -Be $before
        (Get-ChildItem "$TestDrive" -Recurse -Filter *-certificate.jsonl | Get-Content | Select-Object -Last 1) | Should -Match 'Undone'
        (Invoke-FoobarCommand 'ls /var/lib/foobar-ops/certificate' -Role load-balancer, web -AsRoot).Output | Where-Object { $_ } | Should -BeNullOrEmpty
    }
}
