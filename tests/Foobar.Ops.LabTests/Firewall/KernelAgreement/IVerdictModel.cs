using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>Something that says what a loaded ruleset does with a packet: what is held against the kernel.</summary>
internal interface IVerdictModel
{
    /// <summary>Says what becomes of a probe.</summary>
    IPrediction Predict(Probe probe);
}

/// <summary>What a model says of a probe.</summary>
internal interface IPrediction
{
    /// <summary>Whether the model can't tell.</summary>
    bool IsUnknown { get; }

    /// <summary>Whether the packet leaves by the loopback interface, and so begins a new way that is not followed.</summary>
    bool LeavesView { get; }

    /// <summary>Tells whether what the kernel did is what the model says.</summary>
    /// <param name="seen">What the kernel did.</param>
    /// <param name="anyPort">Whether the kernel may have had to choose another source port, since the predicted one was in use.</param>
    bool Agrees(Observation seen, bool anyPort);
}
