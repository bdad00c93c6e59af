using Foobar.Ops.Discovery.Facts;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>What is found while an inventory is drafted: evidence and questions.</summary>
internal sealed class Draft
{
    private readonly List<InventoryEvidence> _evidence = [];
    private readonly List<InventoryQuestion> _questions = [];

    public IReadOnlyList<InventoryEvidence> Evidence => [.. _evidence.Distinct()];

    public IReadOnlyList<InventoryQuestion> Questions => [.. _questions.Distinct()];

    public void Show(string key, string? server, string text) => _evidence.Add(new InventoryEvidence(key, server, text));

    public void Missing(
        string key, string? server, string what, string why, string? evidence = null, QuestionSubject? subject = null) =>
        Ask(QuestionKind.Missing, key, server, what, why, evidence, subject);

    public void Unexplained(
        string key, string? server, string what, string why, string? evidence = null, QuestionSubject? subject = null) =>
        Ask(QuestionKind.Unexplained, key, server, what, why, evidence, subject);

    public void Confirm(string key, string? server, string what, string why, string? evidence = null) =>
        Ask(QuestionKind.Confirm, key, server, what, why, evidence);

    private void Ask(
        QuestionKind kind, string key, string? server, string what, string why, string? evidence, QuestionSubject? subject = null) =>
        _questions.Add(new InventoryQuestion
        {
            Kind = kind, Key = key, Server = server, What = what, Why = why, Evidence = evidence, Subject = subject ?? new(),
        });
}

/// <summary>A server that was reached, with the name that it gets in the inventory.</summary>
/// <param name="Name">The name.</param>
/// <param name="Facts">What it shows.</param>
internal sealed record FoundServer(string Name, ServerDiscovery Facts);
