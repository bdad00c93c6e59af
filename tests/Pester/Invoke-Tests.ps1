#!/usr/bin/env pwsh
<#
.SYNOPSIS
Runs the module's Pester tests against the staged module, in this PowerShell.
.DESCRIPTION
Needs the module and the Pester that `dotnet build` stages. Tests on a live site need the environment variable
FOOBAR_INVENTORY to name the inventory of a raised lab; without it they count as skipped. The last line is
"N passed, N failed, N skipped", and the exit code is the number of failed tests, at most 255.
.PARAMETER Module
The manifest of the module to test; the one staged in output/ unless told.
.PARAMETER Pester
The manifest of the Pester to use, 5.0 or later; the newest one staged in .tools/ unless told.
.PARAMETER ResultPath
A JSON file to write the counts to: Passed, Failed, and Skipped with the names of the skipped tests.
.PARAMETER Path
Test files or folders; all beside this script unless told.
.PARAMETER FullNameFilter
Wildcards for the full names of the tests to run.
.PARAMETER Tag
Run only tests with one of these tags: Lab.
.PARAMETER ExcludeTag
Run no tests with one of these tags.
#>
[CmdletBinding()]
param(
    [string] $Module,
    [string] $Pester,
    [string] $ResultPath,
    [string[]] $Path = $PSScriptRoot,
    [string[]] $FullNameFilter = @(),
    [string[]] $Tag = @(),
    [string[]] $ExcludeTag = @()
)

$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
if (-not $Module) {
    $version = (Import-PowerShellDataFile (Join-Path $root 'Foobar.Ops.psd1')).ModuleVersion
    $Module = Join-Path $root 'output' 'Foobar.Ops' $version 'Foobar.Ops.psd1'
}

if (-not (Test-Path $Module)) {
    throw "There is no staged module $Module. Run 'dotnet build' first."
}

$tools = Join-Path $root '.tools'
if (-not $Pester) {
    $newest = Get-ChildItem (Join-Path $tools 'modules' 'Pester') -Directory | Sort-Object { [version] $_.Name } | Select-Object -Last 1
    $Pester = Join-Path $newest.FullName 'Pester.psd1'
}

$env:FOOBAR_TEST_PESTER = (Resolve-Path $Pester).ProviderPath
Import-Module $env:FOOBAR_TEST_PESTER -MinimumVersion 5.0

# Tests start a PowerShell of their own, too; the local tool runs as dotnet, and its launcher is called pwsh.
if ((Get-Process -Id $PID).Name -eq 'dotnet') {
    $env:PATH = $tools + [System.IO.Path]::PathSeparator + $env:PATH
}

$env:FOOBAR_TEST_MODULE = (Resolve-Path $Module).ProviderPath
$configuration = New-PesterConfiguration
$configuration.Run.Path = $Path
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$configuration.Filter.FullName = $FullNameFilter
$configuration.Filter.Tag = $Tag
$configuration.Filter.ExcludeTag = $ExcludeTag
$result = Invoke-Pester -Configuration $configuration
if (-not $result) {
    throw 'Pester gave no result: see above.'
}

# A test file that can't be read, or a block that fails before its tests, is a failure too.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
$skipped = @(@($result.Skipped) + @($result.Inconclusive) | Where-Object { $_ } | ForEach-Object { "Pester: $($_.ExpandedPath)" })
if ($ResultPath) {
    $null = New-Item -ItemType Directory -Force (Split-Path $ResultPath)
    [ordered] @{ Passed = $result.PassedCount; Failed = $failed; Skipped = $skipped } | ConvertTo-Json | Set-Content -LiteralPath $ResultPath
}

"$($result.PassedCount) passed, $failed failed, $($skipped.Count) skipped"
exit [Math]::Min($failed, 255)
