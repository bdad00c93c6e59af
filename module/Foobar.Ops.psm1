# Loads the library where users can name its types, and the cmdlets where they clash with no other module's assemblies.
$bin = Join-Path $PSScriptRoot 'bin'
$library = Join-Path $bin 'Foobar.Ops.dll'
$loaded = [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.Where({ $_.GetName().Name -eq 'Foobar.Ops' }, 'First')[0]
if (-not $loaded) {
    Add-Type -Path $library
}
elseif ($loaded.GetName().Version -ne [System.Reflection.AssemblyName]::GetAssemblyName($library).Version) {
    throw "Foobar.Ops $($loaded.GetName().Version) is already loaded in this PowerShell, and .NET cannot replace it: start a new PowerShell to use $library."
}

$cmdlets = [Foobar.Ops.Loading.ModuleLoadContext]::LoadOwn('Foobar.Ops.PowerShell')
$inner = Microsoft.PowerShell.Core\Import-Module -Assembly $cmdlets -PassThru

# On a second import PowerShell takes the inner module from its cache and forgets to hand its cmdlets to this one
# (PowerShell issue 20710), so they are handed over again. There is no public way to do it.
$export = [System.Management.Automation.PSModuleInfo].GetMethod('AddExportedCmdlet', [System.Reflection.BindingFlags]'Instance, NonPublic')
if ($export) {
    foreach ($cmdlet in $inner.ExportedCmdlets.Values) {
        $null = $export.Invoke($ExecutionContext.SessionState.Module, @($cmdlet))
    }
}

# These lines name types of the library, so the manifest, which is read before it is loaded, can't load them.
$types = Join-Path $PSScriptRoot 'Foobar.Ops.Deserialized.Types.ps1xml'
Microsoft.PowerShell.Utility\Update-TypeData -AppendPath $types

$sessions = $cmdlets.GetType('Foobar.Ops.PowerShell.Sites.RunspaceSessions')
$ExecutionContext.SessionState.Module.OnRemove = {
    $sessions::CloseHere()
    Microsoft.PowerShell.Utility\Remove-TypeData -Path $types
}.GetNewClosure()
