#!/usr/bin/env pwsh
<#
.SYNOPSIS
Short names for what dotnet does; everything works without this script.
.EXAMPLE
./build.ps1 Test
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Lab', 'Package')]
    [string] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

Push-Location $PSScriptRoot
try {
    switch ($Task) {
        Build { dotnet build --configuration $Configuration }
        Test { dotnet test --configuration $Configuration }
        Lab { dotnet run --project src/Foobar.Ops.Lab -- up }
        Package { dotnet build src/Foobar.Ops.PowerShell --configuration $Configuration --target:PackageModule }
    }

    exit $LASTEXITCODE
}
finally {
    Pop-Location
}
