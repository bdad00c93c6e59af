<#
.SYNOPSIS
Sums the results of a test run, and holds its skipped tests against the list of those that may be skipped.
.DESCRIPTION
The last line is "N passed, N failed, N skipped". The exit code is 1 if a test failed, if none passed, if a test was skipped that
is not on the list, or if one of the list was not skipped; else 0.
.PARAMETER Path
The folder with the .trx files of dotnet test, and what Invoke-Tests.ps1 left of the Pester tests.
.PARAMETER SkipList
A file with one test a line: its full name, two blanks or more, the reason. A line that begins with # is a comment.
.PARAMETER ExitCode
The exit code of dotnet test.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $SkipList,
    [int] $ExitCode
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3.0
$longest = 5
$passed = 0
$failed = 0
$skipped = [ordered] @{}

foreach ($file in Get-ChildItem $Path -Filter *.trx) {
    $run = ([xml](Get-Content -LiteralPath $file.FullName -Raw)).TestRun
    foreach ($result in $run.Results.ChildNodes) {
        switch ($result.outcome) {
            Passed { $passed++ }
            NotExecuted { $skipped[$result.testName] = $result.SelectSingleNode('.//*[local-name() = "Message" or local-name() = "StdOut"]')?.InnerText }
            default { $failed++ }
        }
    }
}

# The Pester tests are one or two tests to dotnet test, and each its own here.
foreach ($file in Get-ChildItem $Path -Filter pester.*.json) {
    $counts = Get-Content -LiteralPath $file.FullName -Raw | ConvertFrom-Json
    $passed += $counts.Passed
    $failed += $counts.Failed
    foreach ($name in $counts.Skipped) {
        $skipped[$name] = 'Pester'
    }
}

$listed = [ordered] @{}
foreach ($line in Get-Content -LiteralPath $SkipList | Where-Object { $_ -and $_ -notlike '#*' }) {
    $name, $reason = $line -match '^(?<name>.*\S)  +(?<reason>\S.*)$' ? $Matches.name, $Matches.reason : $line, ''
    $listed[$name] = $reason
}

$problems = @(
    $skipped.Keys | Where-Object { -not $listed.Contains($_) } | ForEach-Object { "Skipped, and not on the list of ${SkipList}: $_`: $($skipped[$_])" }
    $listed.Keys | Where-Object { -not $skipped.Contains($_) } | ForEach-Object { "On the list of ${SkipList}, and not skipped: $_" }
    $listed.Keys | Where-Object { -not $listed[$_] } | ForEach-Object { "On the list of $SkipList without a reason: $_" }
    if ($listed.Count -gt $longest) { "$SkipList lists $($listed.Count) tests; $longest are the most." }
    if ($passed -eq 0) { 'No test passed.' }
    if ($ExitCode -and -not $failed) { "dotnet test ended with exit code $ExitCode although no test failed." }
)
$problems
"$passed passed, $failed failed, $($skipped.Count) skipped"
exit [int]($failed -gt 0 -or $problems.Count -gt 0)
