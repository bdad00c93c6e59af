BeforeAll {
    $manifest = $env:FOOBAR_TEST_MODULE
    $exports = (Import-PowerShellDataFile $manifest).CmdletsToExport
    Import-Module $manifest -Force
}

Describe 'Importing' {
    It 'begins with a manifest that PowerShell finds valid' {
        (Test-ModuleManifest $manifest -ErrorAction Stop).Name | Should -Be 'Foobar.Ops'
    }

    It 'gives every cmdlet of the manifest' {
        (Get-Command -Module Foobar.Ops).Name | Sort-Object | Should -Be ($exports | Sort-Object)
    }

    It 'keeps every cmdlet when imported again and again with -Force' {
        1..3 | ForEach-Object { Import-Module $manifest -Force }
        (Get-Command -Module Foobar.Ops).Name | Sort-Object | Should -Be ($exports | Sort-Object)
        (Get-Module Foobar.Ops).ExportedCmdlets.Keys | Sort-Object | Should -Be ($exports | Sort-Object)
        { Get-FoobarServer -Inventory (Join-Path $PSScriptRoot 'no-such.json') -ErrorAction Stop } | Should -Throw -ErrorId 'InventoryNotFound,*'
    }

    It 'works again after it was removed' {
        Remove-Module Foobar.Ops
        Get-Command Get-FoobarServer -ErrorAction Ignore -ListImported | Should -BeNullOrEmpty
        Import-Module $manifest
        (Get-Command -Module Foobar.Ops).Count | Should -Be $exports.Count
    }

    It 'puts the library and the cmdlets into the default context' {
        [Foobar.Ops.Findings.FindingStatus]::Fail | Should -Be 'Fail'
        foreach ($type in [Foobar.Ops.Findings.Finding], (Get-Command Get-FoobarServer).ImplementingType) {
            [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext($type.Assembly).Name | Should -Be 'Default'
        }
    }

    It 'puts the drivers and their packages into a context of their own, and none into the default one' {
        foreach ($name in 'Foobar.Ops.Drivers', 'MySqlConnector', 'Renci.SshNet', 'BouncyCastle.Cryptography', 'ZstdSharp') {
            [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext([Foobar.Ops.Loading.ModuleLoadContext]::LoadOwn($name)).Name | Should -Be 'Foobar.Ops'
            [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.Where({ $_.GetName().Name -eq $name }) | Should -BeNullOrEmpty
        }
    }

    It 'refuses to be imported beside another version of itself' {
        # .NET can't replace an assembly, and cmdlets of one version must not run on the library of another.
        $folder = (New-Item (Join-Path $TestDrive 'Earlier') -ItemType Directory).FullName
        $assembly = [System.Reflection.Emit.PersistedAssemblyBuilder]::new([System.Reflection.AssemblyName]::new('Foobar.Ops, Version=0.0.1.0'), [object].Assembly)
        $null = $assembly.DefineDynamicModule('Foobar.Ops').DefineType('Earlier').CreateType()
        $assembly.Save("$folder/Foobar.Ops.dll")
        $script = "Add-Type -Path '$folder/Foobar.Ops.dll'; try { Import-Module '$manifest' -ErrorAction Stop; 'imported' } catch { `$_.Exception.Message }"
        & pwsh -NoProfile -Command $script | Should -BeLike '*Foobar.Ops*already loaded*'
    }

    It 'loads no driver when it is imported, nor for a cmdlet that needs none' {
        $script = "Import-Module '$manifest'; `$null = Get-FoobarControl; [AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.Location -like '*Foobar.Ops*' }).ForEach({ `$_.GetName().Name }) | Sort-Object"
        $loaded = & pwsh -NoProfile -Command $script
        $loaded | Should -Be @('Foobar.Ops', 'Foobar.Ops.PowerShell')
    }

    It 'works beside a module that has its own, other version of <_>' -ForEach 'MySqlConnector', 'Renci.SshNet' {
        # The other module's assembly has the same name and another version, and stands in the default context as theirs do.
        $folder = Join-Path $TestDrive $_ 'Other'
        $null = New-Item $folder -ItemType Directory
        $assembly = [System.Reflection.Emit.PersistedAssemblyBuilder]::new([System.Reflection.AssemblyName]::new("$_, Version=99.0.0.0"), [object].Assembly)
        $type = $assembly.DefineDynamicModule($_).DefineType('OthersType', [System.Reflection.TypeAttributes] 'Public, Class')
        $body = $type.DefineMethod('Version', [System.Reflection.MethodAttributes] 'Public, Static', [string], [type[]] @()).GetILGenerator()
        $body.Emit([System.Reflection.Emit.OpCodes]::Ldstr, 'theirs')
        $body.Emit([System.Reflection.Emit.OpCodes]::Ret)
        $null = $type.CreateType()
        $assembly.Save("$folder/$_.dll")
        Set-Content "$folder/Other.psm1" "Add-Type -Path '$folder/$_.dll'; function Get-Other { [OthersType]::Version() }"
        $script = @"
            Import-Module '$folder/Other.psm1'
            Import-Module '$manifest'
            Get-Other
            `$ours = [Foobar.Ops.Loading.ModuleLoadContext]::LoadOwn('$_')
            `$ours.GetName().Version.Major -ne 99
            `$ours.GetExportedTypes().Count -gt 50
            [AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -eq '$_' }).Count
            Get-Other
"@
        & pwsh -NoProfile -Command $script | Should -Be @('theirs', 'True', 'True', '2', 'theirs')
    }

    It 'is loaded by itself at the first use of a cmdlet, where it lies in PSModulePath' {
        $folder = Split-Path (Split-Path (Split-Path $manifest))
        $script = "`$env:PSModulePath = '$folder'; (Get-Command Get-FoobarServer).ModuleName; Get-FoobarServer -Inventory ./none.json -ErrorAction SilentlyContinue; `$Error[0].FullyQualifiedErrorId"
        $said = & pwsh -NoProfile -Command $script
        $said[0] | Should -Be 'Foobar.Ops'
        $said[-1] | Should -BeLike 'InventoryNotFound,*'
    }

    It 'leaves nothing but its own commands and types behind' {
        (Get-Module Foobar.Ops).ExportedVariables.Count + (Get-Module Foobar.Ops).ExportedAliases.Count + (Get-Module Foobar.Ops).ExportedFunctions.Count | Should -Be 0
        (Get-Module).Name | Should -Not -Contain 'Foobar.Ops.PowerShell'
    }
}

Describe 'A runbook' {
    It 'ends with a failure at the first error under -ErrorAction Stop' {
        $script = "Import-Module '$manifest'; Get-FoobarServer -Inventory ./none.json -ErrorAction Stop; 'not reached'"
        $said = & pwsh -NoProfile -NonInteractive -Command $script 2>&1
        $LASTEXITCODE | Should -Be 1
        $said | Should -Not -Contain 'not reached'
    }
}

Describe 'Help' {
    It 'has a topic about the module' {
        Get-Help about_Foobar.Ops | Should -Match 'Connect-FoobarSite'
    }

    BeforeDiscovery {
        $names = (Import-PowerShellDataFile $env:FOOBAR_TEST_MODULE).CmdletsToExport
    }

    It 'of <_> has a synopsis, a description, two or more examples, and every parameter described' -ForEach $names {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "*$_ *[[]*"
        $help.description.Text | Should -Not -BeNullOrEmpty
        $help.examples.example.Count | Should -BeGreaterOrEqual 2
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
        (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin $common } | ForEach-Object {
            $name = $_
            ($help.parameters.parameter | Where-Object name -EQ $name).description.Text | Should -Not -BeNullOrEmpty -Because "-$name is a parameter"
        }
    }

    It 'of <_> has examples that PowerShell can parse and that use parameters there are' -ForEach $names {
        foreach ($example in (Get-Help $_ -Examples).examples.example) {
            $problems = $null
            $tree = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $problems)
            $problems | Should -BeNullOrEmpty
            $calls = $tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.CommandAst] -and $node.GetCommandName() -like '*-Foobar*' }, $true)
            foreach ($call in $calls) {
                $command = Get-Command $call.GetCommandName() -ErrorAction Ignore
                if ($command) {
                    $given = $call.CommandElements.Where({ $_ -is [System.Management.Automation.Language.CommandParameterAst] }).ParameterName
                    foreach ($name in $given) {
                        { $command.ResolveParameter($name) } | Should -Not -Throw -Because "$($call.Extent.Text) uses -$name"
                    }
                }
            }
        }
    }
}
