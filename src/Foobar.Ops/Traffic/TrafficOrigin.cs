namespace Foobar.Ops.Traffic;

/// <summary>Where a count comes from.</summary>
public enum TrafficOrigin : long
{
    /// <summary>A frontend of HAProxy (<c>show stat</c>).</summary>
    HaproxyFrontend,

    /// <summary>A backend of HAProxy.</summary>
    HaproxyBackend,

    /// <summary>A server of a backend of HAProxy; health checks are not in it.</summary>
    HaproxyServer,

    /// <summary>nginx's own counter (<c>stub_status</c>); health checks of the load balancer are in it.</summary>
    NginxStatus,

    /// <summary>Lines appended to nginx's access log.</summary>
    NginxAccessLog,

    /// <summary>Counters of MySQL or MariaDB (<c>SHOW GLOBAL STATUS</c>).</summary>
    Database,

    /// <summary>Lines of a log file that was given by its path.</summary>
    LogFile,

    /// <summary>A server with the HTTP API of Prometheus.</summary>
    Prometheus,

    /// <summary>Datadog.</summary>
    Datadog,

    /// <summary>New Relic.</summary>
    NewRelic,

    /// <summary>Sumo Logic.</summary>
    SumoLogic,
}
