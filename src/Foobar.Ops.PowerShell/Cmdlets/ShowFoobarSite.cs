using System.Management.Automation;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Viewing;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows the site live in the terminal: servers, requests, backends, databases, agents, findings.</summary>
[Cmdlet(VerbsCommon.Show, "FoobarSite", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class ShowFoobarSite : SiteCmdlet
{
    // Run by PowerShell, so that the change asks its own question and writes its own result and errors.
    private const string Change = "param($parameters) Set-FoobarBackend @parameters";

    /// <summary>How often the site is read, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.5, 60.0)]
    public double IntervalSeconds { get; set; } = 2;

    /// <summary>What lines must hold to be shown.</summary>
    [Parameter]
    [ValidateNotNull]
    public string Filter { get; set; } = string.Empty;

    /// <summary>How long plain lines are written where there is no terminal, in seconds; until Ctrl+C unless given.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int DurationSeconds { get; set; }

    /// <summary>Whether plain lines are written though there is a terminal.</summary>
    [Parameter]
    public SwitchParameter Plain { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        SiteViewer viewer = new(site, TimeSpan.FromSeconds(IntervalSeconds), Filter);
        try
        {
            if (Plain || !SiteViewer.HasTerminal || IsGiven(nameof(DurationSeconds)))
            {
                Run(
                    (output, token) => viewer.WriteAsync(
                        output.Write, IsGiven(nameof(DurationSeconds)) ? TimeSpan.FromSeconds(DurationSeconds) : null, token));
                return;
            }

            while (Run((_, token) => viewer.ShowAsync(token)) is { } wish)
            {
                Carry(site, wish);
            }
        }
        finally
        {
            viewer.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(5));
        }
    }

    private void Carry(ISiteSession site, SiteViewWish wish)
    {
        System.Collections.Hashtable parameters = new()
        {
            ["Session"] = site,
            ["Server"] = wish.Server,
            ["Backend"] = wish.Backend,
            ["Name"] = wish.Name,
            ["State"] = wish.State,
            ["Confirm"] = !IsWhatIf(),
            ["WhatIf"] = IsWhatIf(),
        };
        try
        {
            WriteObject(
                InvokeCommand.InvokeScript(
                    Change, useNewScope: true, System.Management.Automation.Runspaces.PipelineResultTypes.None, null, parameters),
                enumerateCollection: true);
        }
        catch (RuntimeException error)
        {
            WriteError(error.ErrorRecord);
        }
    }
}
