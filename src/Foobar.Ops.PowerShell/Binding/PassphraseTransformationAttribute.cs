using System.Management.Automation;
using System.Security;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Lets <c>-Passphrase</c> take a SecureString, or the password of a credential. Plain text is refused: it would stay in the history.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PassphraseTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            SecureString secret => secret,
            PSCredential credential => credential.Password,
            _ => throw new ArgumentTransformationMetadataException(
                "A passphrase is a SecureString (Read-Host -AsSecureString) or a PSCredential (Get-Credential)."),
        };
}
