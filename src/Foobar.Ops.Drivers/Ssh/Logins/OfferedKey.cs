using Renci.SshNet;
using Renci.SshNet.Security;

namespace Foobar.Ops.Drivers.Ssh.Logins;

/// <summary>
/// A key with the algorithms it is tried with: each try counts against the server's MaxAuthTries, so an RSA key is tried with one, not with
/// three.
/// </summary>
/// <param name="key">The key.</param>
/// <param name="allowed">The algorithms that may be used (ssh_config(5), PubkeyAcceptedAlgorithms), the preferred first.</param>
internal sealed class OfferedKey(IPrivateKeySource key, IReadOnlyList<string> allowed) : IPrivateKeySource
{
    /// <inheritdoc/>
    public IReadOnlyCollection<HostAlgorithm> HostKeyAlgorithms { get; } = Choose(key.HostKeyAlgorithms, allowed);

    private static HostAlgorithm[] Choose(IReadOnlyCollection<HostAlgorithm> all, IReadOnlyList<string> allowed) =>
    [
        .. all.Where(algorithm => allowed.Contains(algorithm.Name))
            .GroupBy(algorithm => algorithm is CertificateHostAlgorithm)
            .OrderByDescending(group => group.Key)
            .Select(group => group.OrderBy(algorithm => IndexOf(allowed, algorithm.Name)).First()),
    ];

    private static int IndexOf(IReadOnlyList<string> list, string name)
    {
        for (int at = 0; at < list.Count; at++)
        {
            if (list[at] == name)
            {
                return at;
            }
        }

        return int.MaxValue;
    }
}
