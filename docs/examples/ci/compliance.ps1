#requires -Version 7.6
<#
.SYNOPSIS
Reads the site once, writes its reports, and holds it against every control: what the jobs beside this file run.
.DESCRIPTION
Writes site.json (the snapshot), foobar.sarif, foobar.md and compliance.xml (JUnit) into the current folder. Ends with the number
of failed tests, so 0 is a site on which every control that applies passes.
.PARAMETER Inventory
The inventory of the site.
.PARAMETER Snapshot
A saved snapshot to judge instead of the live site; by default what FOOBAR_SNAPSHOT names.
.PARAMETER AllowUnknown
The controls that may be undecided, ids or wildcards; none unless told.
#>
param(
    [string] $Inventory = 'foobar.json',
    [string] $Snapshot = $env:FOOBAR_SNAPSHOT,
    [string[]] $AllowUnknown = @()
)

$ErrorActionPreference = 'Stop'
Import-Module Foobar.Ops, Pester

# A server that can't be read is an error here and Unknown below, where it fails; the others are judged all the same.
if (-not $Snapshot) {
    $Snapshot = 'site.json'
    $null = Export-FoobarSnapshot $Snapshot -Inventory $Inventory -Force -ErrorAction Continue
}

$findings = Invoke-FoobarAudit -Snapshot $Snapshot
foreach ($report in 'foobar.sarif', 'foobar.md') {
    $null = $findings | Export-FoobarReport $report -Force
}

$folder = Join-Path (Get-Module Foobar.Ops).ModuleBase 'Compliance'
$configuration = New-PesterConfiguration
$configuration.Run.Container = New-PesterContainer -Path (Join-Path $folder 'Foobar.Compliance.Tests.ps1') -Data @{
    Snapshot = (Resolve-Path $Snapshot).ProviderPath; AllowUnknown = $AllowUnknown
}
$configuration.Run.Exit = $true
$configuration.TestResult.Enabled = $true
$configuration.TestResult.OutputFormat = 'JUnitXml'
$configuration.TestResult.OutputPath = 'compliance.xml'
Invoke-Pester -Configuration $configuration
