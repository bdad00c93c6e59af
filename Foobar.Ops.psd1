@{
    RootModule           = 'bin/Foobar.Ops.PowerShell.dll'
    # Loaded first: the cmdlets and the files of types below name its types.
    RequiredAssemblies   = @('bin/Foobar.Ops.dll')
    ModuleVersion        = '0.1.0'
    GUID                 = '5f2c1c1e-6a0f-4b1e-9a8e-0f6f5d1b7c42'
    Author               = 'The Foobar.Ops authors'
    CompanyName          = 'The Foobar.Ops authors'
    Copyright            = 'Copyright (c) 2026 The Foobar.Ops authors. MIT License.'
    Description          = 'Audits and operates the live three-server setup of www.foobar.com: HAProxy, nginx, MySQL, firewalls, certificates and monitoring, over SSH.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    # One file an area, in module/Formats; a test holds this list against the folder.
    FormatsToProcess     = @(
        'Formats/Alerts.Format.ps1xml'
        'Formats/Auditing.Format.ps1xml'
        'Formats/CertificateChange.Format.ps1xml'
        'Formats/Comparison.Format.ps1xml'
        'Formats/Database.Format.ps1xml'
        'Formats/Discovery.Format.ps1xml'
        'Formats/Findings.Format.ps1xml'
        'Formats/Firewall.Format.ps1xml'
        'Formats/LoadBalancing.Format.ps1xml'
        'Formats/Monitoring.Format.ps1xml'
        'Formats/Repair.Format.ps1xml'
        'Formats/Sending.Format.ps1xml'
        'Formats/Site.Format.ps1xml'
        'Formats/Tls.Format.ps1xml'
        'Formats/Topology.Format.ps1xml'
        'Formats/Traffic.Format.ps1xml'
        'Formats/Watch.Format.ps1xml'
    )
    TypesToProcess       = @('Foobar.Ops.Types.ps1xml', 'Foobar.Ops.Deserialized.Types.ps1xml')
    FunctionsToExport    = @()
    # One a line, in alphabetical order; a test holds this list against the compiled cmdlets.
    CmdletsToExport      = @(
        'Compare-FoobarReplication'
        'Compare-FoobarSnapshot'
        'Connect-FoobarSite'
        'Disconnect-FoobarSite'
        'Export-FoobarDashboard'
        'Export-FoobarReport'
        'Export-FoobarSnapshot'
        'Export-FoobarTopology'
        'Get-FoobarBackend'
        'Get-FoobarCertificate'
        'Get-FoobarControl'
        'Get-FoobarFirewallRule'
        'Get-FoobarMetric'
        'Get-FoobarMonitoringAgent'
        'Get-FoobarReplication'
        'Get-FoobarServer'
        'Get-FoobarTlsLeg'
        'Get-FoobarTopology'
        'Invoke-FoobarAudit'
        'Invoke-FoobarCommand'
        'Invoke-FoobarFailover'
        'Measure-FoobarQps'
        'Measure-FoobarWrite'
        'New-FoobarCertificateRequest'
        'New-FoobarInventory'
        'Repair-FoobarReplication'
        'Resume-FoobarFailover'
        'Resume-FoobarWatch'
        'Send-FoobarFinding'
        'Send-FoobarMetric'
        'Set-FoobarBackend'
        'Set-FoobarFirewall'
        'Show-FoobarSite'
        'Suspend-FoobarWatch'
        'Test-FoobarCertificate'
        'Test-FoobarConnection'
        'Test-FoobarFirewall'
        'Test-FoobarMonitoring'
        'Test-FoobarReplication'
        'Test-FoobarServer'
        'Test-FoobarTls'
        'Test-FoobarTopology'
        'Update-FoobarCertificate'
        'Update-FoobarInventory'
        'Watch-FoobarPrimary'
    )
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('Audit', 'HAProxy', 'nginx', 'MySQL', 'MariaDB', 'Firewall', 'TLS', 'Failover', 'Linux')
            LicenseUri = 'https://opensource.org/license/mit'
        }
    }
}
