namespace Foobar.Ops.Traffic.Sources;

/// <summary>A counter beside another one: a part of it, or something that explains it.</summary>
internal enum TrafficPart
{
    Informational,
    Successful,
    Redirections,
    ClientErrors,
    ServerErrors,
    OtherAnswers,
    HealthChecks,
    Retries,
    Redispatches,
    Denied,
    AnsweredItself,
    RequestErrors,
    ConnectionErrors,
    ResponseErrors,
    Connections,
    SlowStatements,
}
