using System.Collections;
using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Lets <c>-Role</c> take a role as the inventory writes it, too: <c>load-balancer</c> for <c>LoadBalancer</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RoleTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Plain(inputData);

    private static object Plain(object value) => value switch
    {
        PSObject wrapped => Plain(wrapped.BaseObject),
        string text => text.Replace("-", string.Empty, StringComparison.Ordinal),
        IEnumerable list => list.Cast<object>().Select(Plain).ToArray(),
        _ => value,
    };
}
