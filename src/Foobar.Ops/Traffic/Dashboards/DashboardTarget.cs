namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>What a dashboard or a set of alerts is written for.</summary>
public enum DashboardTarget : long
{
    /// <summary>A dashboard of Grafana on a Prometheus data source.</summary>
    Grafana,

    /// <summary>Recording and alerting rules of Prometheus (Thanos, Mimir and VictoriaMetrics read them too).</summary>
    Prometheus,

    /// <summary>Monitors of Datadog: bodies of POST /api/v1/monitor.</summary>
    Datadog,

    /// <summary>NRQL alert conditions of New Relic: requests to NerdGraph.</summary>
    NewRelic,

    /// <summary>Monitors of Sumo Logic: bodies of POST /api/v1/monitors.</summary>
    SumoLogic,
}
