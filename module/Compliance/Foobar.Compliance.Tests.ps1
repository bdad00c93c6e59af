<#
.SYNOPSIS
Holds a site against every control of Foobar.Ops, as Pester tests: one a control and server.
.DESCRIPTION
For CI and scheduled runs, on Pester 5 and 6. It only reads, and connects once: the audit is made while Pester discovers the
tests. A test fails where the control found a Fail or could not decide (Unknown), unless that is allowed; it is skipped where
the control does not apply, or where each of its findings is suppressed in the inventory, with the reason; it passes
otherwise. Its tags are the control's id, area and severity, and the frameworks that it maps to. Findings of the site as a
whole are in a context of their own, and so are those of each server.
.EXAMPLE
Invoke-Pester (Join-Path (Get-Module Foobar.Ops -ListAvailable)[0].ModuleBase Compliance)

Audits the site that FOOBAR_INVENTORY or ./foobar.json names.
.EXAMPLE
$container = New-PesterContainer -Path ./Foobar.Compliance.Tests.ps1 -Data @{ Inventory = './foobar.json'; ExcludeControl = 'TOP-005' }
Invoke-Pester -Container $container -TagFilter Critical, High -CI
.EXAMPLE
$container = New-PesterContainer -Path ./Foobar.Compliance.Tests.ps1 -Data @{ Snapshot = './night.json'; Framework = 'PCI DSS'; AllowUnknown = 'MON-*' }
Invoke-Pester -Container $container -CI

Judges a saved snapshot by the controls that map to PCI DSS; what monitoring controls could not decide passes.
#>
param(
    # The path of the inventory; else as the module's cmdlets find it.
    [string] $Inventory,

    # The path of a saved snapshot to judge instead of the live site.
    [string] $Snapshot,

    # The servers that are audited, names or wildcards; all unless told.
    [string[]] $Server = @(),

    # The controls that are tested, ids or wildcards; all unless told.
    [string[]] $Control = @(),

    # The controls that are left out, ids or wildcards.
    [string[]] $ExcludeControl = @(),

    # The published frameworks whose controls are tested, names or wildcards; all controls unless told.
    [string[]] $Framework = @(),

    # The controls that may be undecided, ids or wildcards; none unless told. * allows all but INV-003 (the server could be read).
    [string[]] $AllowUnknown = @(),

    # Whether a Warning fails, too.
    [switch] $FailOnWarning
)

BeforeDiscovery {
    Import-Module (Join-Path (Split-Path $PSScriptRoot) 'Foobar.Ops.psd1')
    $audit = @{}
    foreach ($name in 'Inventory', 'Snapshot', 'Server', 'Control', 'ExcludeControl') {
        $value = Get-Variable $name -ValueOnly
        if ($value) { $audit[$name] = $value }
    }

    # What can't be read ends as findings that say Unknown; the audit's errors would only say it again.
    $findings = @(Invoke-FoobarAudit @audit -ErrorAction SilentlyContinue -ErrorVariable failures)
    if (-not $findings) {
        throw "The audit gave no finding. $failures"
    }

    # An error that no finding tells of, such as the name of a server that there is not, would go by unseen.
    $untold = @($failures | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] -and "$($_.TargetObject)" -notin $findings.Server })
    if ($untold) {
        throw "The audit could not judge all that was meant. $untold"
    }

    if (-not ($findings.Status -ne 'NotApplicable')) {
        throw 'The audit judged nothing: no control that was meant applies.'
    }

    # A server that was not read is a failed test, whatever frameworks are meant.
    $unread = @($findings | Where-Object { $_.ControlId -eq 'INV-003' -and $_.Status -eq 'Unknown' })
    $known = @{}
    Get-FoobarControl | ForEach-Object { $known[$_.Id] = $_ }
    if ($Framework) {
        $mapped = (Get-FoobarControl -Framework $Framework -ErrorAction Stop).Id
        $findings = @($findings | Where-Object { $_.ControlId -in $mapped -or $_ -in $unread })
        if (-not ($findings | Where-Object ControlId -in $mapped)) {
            throw "No control that was judged maps to $($Framework -join ', ')."
        }
    }

    # To allow what is undecided is not to allow that a server was never read, unless that is named.
    $allowed = { param($id) $AllowUnknown | Where-Object { $id -eq $_ -or ($id -ne 'INV-003' -and $id -like $_) } }
    $contexts = $findings | Group-Object Server | ForEach-Object {
        $place = if ($_.Group[0].Server) { $_.Group[0].Server } else { 'the site' }
        @{
            Name = $place
            Cases = @($_.Group | Group-Object ControlId | ForEach-Object {
                    $first = $_.Group[0]
                    $suppressed = @($_.Group | Where-Object Suppressed)
                    $counting = @($_.Group | Where-Object { -not $_.Suppressed })
                    $failing = @('Fail') + @(if ($FailOnWarning) { 'Warning' }) + @(if (-not (& $allowed $first.ControlId)) { 'Unknown' })
                    $accepted = if ($suppressed) { " [$($suppressed.Count) suppressed $($suppressed[0].Suppressed)]" }
                    @{
                        # Pester expands what stands between angle brackets.
                        Name = "$($first.ControlId) $place`: $($first.Title)$accepted" -replace '[<>]'
                        Tag = @($first.ControlId, "$($first.Area)", "$($first.Severity)") + @($known[$first.ControlId].References.Framework | Select-Object -Unique)
                        Skip = -not @($counting | Where-Object Status -ne 'NotApplicable')
                        Bad = @($counting | Where-Object Status -in $failing)
                    }
                })
        }
    }
}

Describe 'Compliance' {
    foreach ($context in $contexts) {
        Context $context.Name {
            foreach ($case in $context.Cases) {
                It $case.Name -Tag $case.Tag -Skip:$case.Skip -TestCases @{ Bad = $case.Bad } {
                    $said = foreach ($finding in $Bad) {
                        $what = if ($finding.Status -eq 'Unknown') { $finding.Reason } else { "$($finding.Actual), expected $($finding.Expected)" }
                        "$($finding.Status) $($finding.Target): $what. $($finding.Remediation)"
                    }

                    if ($said) {
                        throw ($said -join "`n")
                    }
                }
            }
        }
    }
}
