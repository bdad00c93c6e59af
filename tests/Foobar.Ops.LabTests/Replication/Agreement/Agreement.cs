using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>A lab, and a model in the same state, on which the same is done, one after the other.</summary>
internal sealed class Agreement : IAsyncDisposable
{
    private static readonly string[] Names = ["web-01", "web-02", "db-03"];

    private readonly FailoverBed _bed;
    private readonly ModelBed _model;
    private readonly Normalisation _labNames;
    private readonly Normalisation _modelNames;
    private readonly List<string> _differences = [];

    private Agreement(FailoverBed bed, ModelBed model, Normalisation labNames, Normalisation modelNames) =>
        (_bed, _model, _labNames, _modelNames) = (bed, model, labNames, modelNames);

    /// <summary>What differed, in a line each.</summary>
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>The model.</summary>
    public ModelBed Model => _model;

    /// <summary>How much was compared.</summary>
    public string Summary { get; private set; } = "";

    /// <summary>Begins with the state that a lab is in; the operations' own database is not there yet.</summary>
    public static async Task<Agreement> BeginAsync(FailoverBed bed)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using (IDatabaseSession primary = await bed.Session.OpenDatabaseAsync("web-01", cancel))
        {
            await primary.ExecuteAsync("DROP DATABASE IF EXISTS foobar_ops", null, cancel);
        }

        await bed.WaitUntilCaughtUpAsync();
        LabState state = await LabState.ReadAsync(bed.Lab, bed.Session, cancel);
        ModelBed model = await ModelBed.MakeAsync(state);
        Normalisation lab = new(
            bed.Session.Site,
            state.Members.Index()
                .SelectMany(one => new[] { (one.Item.Identity, one.Index), (one.Item.ServerId, one.Index) })
                .DistinctBy(one => one.Item1)
                .ToDictionary(one => one.Item1, one => Names[one.Index]));
        Normalisation made = await model.DoAsync(
            cluster => new Normalisation(
                cluster.Site,
                cluster.Members.SelectMany(member => new[] { ($"{member.ServerId}", member.Name), (member.Uuid, member.Name) })
                    .ToDictionary(one => one.Item1, one => one.Name)));
        return new(bed, model, lab, made);
    }

    /// <summary>Does something on both, and compares.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="work">What is done, with the place of journals and what ends the process at once; gives what must be the same of its
    /// result.</param>
    public async Task DoAsync(string what, Func<ISiteSession, OperationStore, Action, Task<string>> work)
    {
        (Recorder lab, Recorder made) = (new(), new());
        string there = await TellAsync(
            () => work(
                new RecordingSite(_bed.Session, lab), new(_bed.Session.Site.Name, _bed.State),
                static () => throw new InvalidOperationException("A process on the lab is ended otherwise.")));
        string here = await TellAsync(async () => await _model.RunAsync(made, work) ?? "dead");
        List<string> differences =
        [
            .. there == here ? Array.Empty<string>() : [$"the lab ended with {there}, the model with {here}"],
            .. Comparison.Of(lab, made, _labNames, _modelNames),
        ];
        _differences.AddRange(differences.Select(one => $"{what}: {one}"));
        Summary +=
            $"{what}: {made.Lanes.Sum(lane => lane.Exchanges.Count)} requests on the model, {lab.Lanes.Sum(lane => lane.Exchanges.Count)} "
                + $"on the lab, {differences.Count} differences\n";
    }

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string> TellAsync(Func<Task<string>> work)
    {
        try
        {
            return await work();
        }
        catch (FoobarException refused)
        {
            return refused.ErrorId;
        }
    }
}
