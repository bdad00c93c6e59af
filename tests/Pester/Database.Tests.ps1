# The database cmdlets; what needs live databases has the tag Lab.
BeforeAll {
    Import-Module $env:FOOBAR_TEST_MODULE -Force
    $inventory = Join-Path $PSScriptRoot 'Data' 'foobar.json'
    $without = Join-Path $TestDrive 'without.json'
    $declared = Get-Content $inventory -Raw | ConvertFrom-Json
    if ($declared.policy.PSObject.Properties['database']) { $declared.policy.PSObject.Properties.Remove('database') }
    $declared | ConvertTo-Json -Depth 20 | Set-Content $without
}

Describe 'A site without a declared database' {
    It '<_> says so, before it connects to anything' -ForEach 'Get-FoobarReplication', 'Test-FoobarReplication', 'Compare-FoobarReplication', 'Invoke-FoobarFailover', 'Repair-FoobarReplication' {
        $arguments = @{ Inventory = $without; ErrorAction = 'Stop' }
        if ($_ -in 'Invoke-FoobarFailover', 'Repair-FoobarReplication') { $arguments.WhatIf = $true }
        { & $_ @arguments } | Should -Throw -ErrorId 'NoDatabase,*'
    }
}

Describe 'What moves writes or brings a member back' {
    It '<_> gives what it did without being asked, and its plan by -WhatIf' -ForEach 'Invoke-FoobarFailover', 'Resume-FoobarFailover', 'Repair-FoobarReplication' {
        $command = Get-Command $_
        $command.Parameters.Keys | Should -Contain 'WhatIf'
        $command.Parameters.Keys | Should -Not -Contain 'PassThru'
        $command.Parameters.Keys | Should -Not -Contain 'Plan'
    }

    It 'Invoke-FoobarFailover has two ways, and to resume is neither' {
        (Get-Command Invoke-FoobarFailover).ParameterSets.Name | Sort-Object | Should -Be 'Emergency', 'Failover'
        (Get-Command Invoke-FoobarFailover).Parameters.Keys | Should -Not -Contain 'Resume'
    }
}

Describe 'Invoke-FoobarFailover' {
    It 'asks before it changes anything, and knows -WhatIf' {
        $command = Get-Command Invoke-FoobarFailover
        $command.Parameters.Keys | Should -Contain 'WhatIf'
        $command.Parameters.Keys | Should -Contain 'Confirm'
        [System.Management.Automation.CommandMetadata]::new($command).ConfirmImpact | Should -Be 'High'
    }

    It 'takes a canary only where writes are moved as planned' {
        { Invoke-FoobarFailover -Emergency -CanaryIntervalMilliseconds 5 -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'refuses limits that make no sense' {
        { Invoke-FoobarFailover -CatchUpSeconds 0 -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'completes the names of servers' {
        Push-Location (Split-Path $inventory)
        try {
            $line = 'Invoke-FoobarFailover -To '
            (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Contain 'web-01'
        }
        finally {
            Pop-Location
        }
    }
}

Describe 'Invoke-FoobarFailover -Emergency' {
    It 'says that a site without a declared database has none, before it connects to anything' {
        { Invoke-FoobarFailover -Emergency -Inventory $without -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'NoDatabase,*'
    }

    It 'is refused where the members are a cluster' {
        $declared.policy | Add-Member -Force database @{ topology = 'galera' }
        $cluster = Join-Path $TestDrive 'cluster.json'
        $declared | ConvertTo-Json -Depth 20 | Set-Content $cluster
        { Invoke-FoobarFailover -Emergency -Inventory $cluster -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'EmergencyNotForClusters,*'
    }

    It 'is the only one that accepts a loss' {
        $parameters = (Get-Command Invoke-FoobarFailover).Parameters
        $parameters['AcceptDataLoss'].ParameterSets.Keys | Should -Be 'Emergency'
        $parameters['Emergency'].ParameterSets['Emergency'].IsMandatory | Should -BeTrue
    }

    It 'takes the candidate by position' {
        (Get-Command Invoke-FoobarFailover).ParameterSets.Where({ $_.Name -eq 'Emergency' }).Parameters.Where({ $_.Name -eq 'To' }).Position | Should -Be 0
    }
}

Describe 'Resume-FoobarFailover' {
    It 'asks before it changes anything, and knows -WhatIf' {
        $command = Get-Command Resume-FoobarFailover
        $command.Parameters.Keys | Should -Contain 'WhatIf'
        [System.Management.Automation.CommandMetadata]::new($command).ConfirmImpact | Should -Be 'High'
    }

    It 'says that nothing was left unfinished' {
        { Resume-FoobarFailover -Inventory $inventory -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'NothingToResume,*'
    }

    It 'refuses limits that make no sense' {
        { Resume-FoobarFailover -DrainSeconds 0 -Inventory $inventory -WhatIf } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }
}

Describe 'Repair-FoobarReplication' {
    It 'asks before it changes anything, and knows -WhatIf' {
        $command = Get-Command Repair-FoobarReplication
        $command.Parameters.Keys | Should -Contain 'WhatIf'
        [System.Management.Automation.CommandMetadata]::new($command).ConfirmImpact | Should -Be 'High'
    }

    It 'takes members from the pipeline, by value and by property' {
        $server = (Get-Command Repair-FoobarReplication).ParameterSets[0].Parameters.Where({ $_.Name -eq 'Server' })
        $server.ValueFromPipeline | Should -BeTrue
        $server.ValueFromPipelineByPropertyName | Should -BeTrue
        { [pscustomobject]@{ Server = 'web-01' } | Repair-FoobarReplication -Inventory $without -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'NoDatabase,*'
        @() | Repair-FoobarReplication -Inventory $without -WhatIf | Should -BeNullOrEmpty
    }

    It 'refuses <_>' -ForEach @{ StartMinutes = 0 }, @{ CatchUpMinutes = 0 } {
        { Repair-FoobarReplication -Inventory $inventory -WhatIf @_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'takes the login as a credential only' {
        (Get-Command Repair-FoobarReplication).Parameters.ReplicationCredential.ParameterType | Should -Be ([pscredential])
    }

    It 'completes the names of servers' {
        Push-Location (Split-Path $inventory)
        try {
            $line = 'Repair-FoobarReplication '
            (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Contain 'web-01'
        }
        finally {
            Pop-Location
        }
    }
}

Describe 'Measure-FoobarWrite' {
    BeforeAll {
        $canary = [pscredential]::new('canary', (ConvertTo-SecureString 'secret' -AsPlainText -Force))
    }

    It 'needs to be told where the application writes' {
        { Measure-FoobarWrite $canary -Inventory $without -ErrorAction Stop } | Should -Throw -ErrorId 'WritePathUnknown,*'
    }

    It 'refuses <_>' -ForEach @{ DurationSeconds = 0 }, @{ IntervalMilliseconds = 0 } {
        { Measure-FoobarWrite $canary -Inventory $inventory @_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'takes the password as a credential only' {
        (Get-Command Measure-FoobarWrite).Parameters.CanaryCredential.ParameterType | Should -Be ([pscredential])
        (Get-Command Invoke-FoobarFailover).Parameters.CanaryCredential.ParameterType | Should -Be ([pscredential])
    }
}

Describe 'Compare-FoobarReplication' {
    It 'refuses <_>' -ForEach @{ SamplePercent = 0 }, @{ SamplePercent = 101 }, @{ ChunkMilliseconds = 0 }, @{ MaxThreadsRunning = 0 }, @{ TimeoutSeconds = 0 }, @{ MaxKeys = -1 }, @{ Table = '' } {
        { Compare-FoobarReplication -Inventory $inventory @_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
    }

    It 'names the rows that differ in its view, at 80 columns' {
        $result = [Foobar.Ops.Operations.Comparison.TableComparison]@{
            Server = 'web-02'; Source = 'web-01'; Table = 'shop.orders'; Status = 'Differs'; Rows = 52340; CoveragePercent = 100; DifferenceCount = 7
            Differences = [Foobar.Ops.Operations.Comparison.RowDifference[]](1..7 | ForEach-Object { [Foobar.Ops.Operations.Comparison.RowDifference]::new("$_", 'Changed') })
        }
        $text = $result | Out-String -Width 80
        $text | Should -Match 'shop\.orders +Differs +52340 +100 % 7: Changed 1'
        $text -split "`n" | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 80 }
    }
}

$noLab = -not $env:FOOBAR_INVENTORY
$because = if ($noLab) { ' (skipped: FOOBAR_INVENTORY names no inventory of a raised lab)' }
Describe "Writes on the live site$because" -Tag Lab -Skip:$noLab {
    It 'are refused to a canary with a wrong password, and the error never shows it' {
        $wrong = [pscredential]::new('canary', (ConvertTo-SecureString 'not-the-password' -AsPlainText -Force))
        $failure = { Measure-FoobarWrite $wrong -Inventory $env:FOOBAR_INVENTORY } | Should -Throw -ErrorId 'CanaryFailed,*' -PassThru
        $failure | Format-List * -Force | Out-String | Should -Not -Match 'not-the-password'
    }
}

Describe "The plan of a failover on the live site$because" -Tag Lab -Skip:$noLab {
    It 'comes by -WhatIf, with nothing changed' {
        $plan = Invoke-FoobarFailover -WhatIf -Inventory $env:FOOBAR_INVENTORY -WarningAction SilentlyContinue
        $plan | Should -BeOfType ([Foobar.Ops.Operations.Replication.FailoverPreview])
        $plan.Steps | Select-Object -First 1 | Should -Match '^mark: '
        $plan.Verdict | Should -BeNullOrEmpty
        (Get-FoobarReplication -Inventory $env:FOOBAR_INVENTORY).Where({ $_.Role -eq 'Primary' }).Server | Should -Be $plan.OldPrimary
    }

    It 'of an emergency says that the primary lives' {
        $plan = Invoke-FoobarFailover -Emergency -WhatIf -Inventory $env:FOOBAR_INVENTORY -WarningAction SilentlyContinue
        $plan | Should -BeOfType ([Foobar.Ops.Operations.Replication.FailoverPreview])
        $plan.Verdict.Dead | Should -BeFalse
        $plan.Blockers.Code | Should -Contain 'PrimaryAlive'
        $plan.Steps | Select-Object -First 1 | Should -Match '^close-endpoint: '
    }
}

Describe 'Reading takes servers like every cmdlet' {
    It '<_> knows names, roles and the pipeline' -ForEach 'Get-FoobarReplication', 'Test-FoobarReplication', 'Compare-FoobarReplication' {
        { & $_ -Server nobody -Inventory $inventory -ErrorAction Stop } | Should -Throw -ErrorId 'ServerNotFound,*'
        @() | & $_ -Inventory $inventory | Should -BeNullOrEmpty
    }
}
