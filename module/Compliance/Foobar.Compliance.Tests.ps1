<#
.SYNOPSIS
Holds a site against every control of Foobar.Ops, as Pester tests: one a control and server.
.DESCRIPTION
For CI and scheduled runs; needs Pester 5. It only reads. A test fails where the control found a Fail or could not decide
(Unknown), is skipped where the control does not apply, and passes otherwise. Its tags are the control's id, area and
severity.
.EXAMPLE
Invoke-Pester (Join-Path (Get-Module Foobar.Ops -ListAvailable)[0].ModuleBase Compliance)

Audits the site that FOOBAR_INVENTORY or ./foobar.json names.
.EXAMPLE
$container = New-PesterContainer -Path ./Foobar.Compliance.Tests.ps1 -Data @{ Inventory = './foobar.json'; ExcludeControl = 'TLS-009' }
Invoke-Pester -Container $container -TagFilter Critical, High -CI
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
    $failing = @('Fail', 'Unknown') + @(if ($FailOnWarning) { 'Warning' })
    $findings = @(Invoke-FoobarAudit @audit -ErrorAction SilentlyContinue -ErrorVariable failures)
    $cases = $findings | Group-Object ControlId, Server | ForEach-Object {
        $first = $_.Group[0]
        @{
            Name = "$($first.ControlId) $(if ($first.Server) { $first.Server } else { 'the site' }): $($first.Title)"
            Tag = $first.ControlId, "$($first.Area)", "$($first.Severity)"
            Skip = -not ($_.Group.Status -ne 'NotApplicable')
            Bad = @($_.Group | Where-Object Status -in $failing)
        }
    }

    if (-not $cases) {
        throw "The audit gave no finding. $failures"
    }

    # An error that no finding tells of, such as the name of a server that there is not, would go by unseen.
    $untold = @($failures | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] -and "$($_.TargetObject)" -notin $findings.Server })
    if ($untold) {
        throw "The audit could not judge all that was meant. $untold"
    }
}

Describe 'Compliance' {
    foreach ($case in $cases) {
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
