using System.IO.Enumeration;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>A program that a setup is made of, and by what it is known.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Name">Its name.</param>
/// <param name="Role">The role that declares it; <see langword="null"/> if none does.</param>
/// <param name="Units">Its units of systemd, without <c>.service</c>, with wildcards.</param>
/// <param name="Processes">Its processes, as ss(8) prints them: at most 15 bytes; with wildcards.</param>
/// <param name="Images">The last part of its images' names, with wildcards.</param>
internal sealed record KnownComponent(ComponentKind Kind, string Name, Role? Role, string[] Units, string[] Processes, string[] Images)
{
    /// <summary>The programs known. Mail, name and time services of a distribution's own are none of a setup's.</summary>
    public static IReadOnlyList<KnownComponent> All { get; } =
    [
        new(
            ComponentKind.LoadBalancer, "HAProxy", Inventory.Role.LoadBalancer, ["haproxy", "haproxy@*", "hapee-*-lb"],
            ["haproxy", "hapee-lb"], ["haproxy*"]),
        new(ComponentKind.AddressFailover, "keepalived", Inventory.Role.LoadBalancer, ["keepalived"], ["keepalived"], ["keepalived*"]),
        new(
            ComponentKind.Web, "nginx", Inventory.Role.Web, ["nginx", "openresty", "angie"], ["nginx", "openresty", "angie"],
            ["nginx*", "openresty*"]),
        new(ComponentKind.Web, "Apache", Inventory.Role.Web, ["apache2", "httpd"], ["apache2", "httpd"], ["httpd*"]),
        new(ComponentKind.Web, "Caddy", Inventory.Role.Web, ["caddy"], ["caddy"], ["caddy*"]),
        new(ComponentKind.App, "PHP-FPM", Inventory.Role.App, ["php*-fpm"], ["php-fpm*"], ["php"]),
        new(ComponentKind.App, "uWSGI", Inventory.Role.App, ["uwsgi*"], ["uwsgi*"], []),
        new(ComponentKind.App, "Gunicorn", Inventory.Role.App, ["gunicorn*"], ["gunicorn*"], []),
        new(ComponentKind.App, "Puma", Inventory.Role.App, ["puma*"], ["puma*"], []),
        new(ComponentKind.App, "Tomcat", Inventory.Role.App, ["tomcat*"], [], ["tomcat*"]),
        new(ComponentKind.Database, "MariaDB", Inventory.Role.Database, ["mariadb", "mariadb@*"], ["mariadbd"], ["mariadb*"]),
        new(ComponentKind.Database, "MySQL", Inventory.Role.Database, ["mysql", "mysqld", "mysqld@*"], ["mysqld"], ["mysql*", "percona*"]),
        new(
            ComponentKind.Database, "PostgreSQL", Inventory.Role.Database, ["postgresql", "postgresql@*", "postgresql-*"], ["postgres"],
            ["postgres*"]),
        new(ComponentKind.Database, "MongoDB", Inventory.Role.Database, ["mongod"], ["mongod"], ["mongo*"]),
        new(ComponentKind.Monitoring, "Prometheus", Inventory.Role.Monitoring, ["prometheus"], ["prometheus"], ["prometheus"]),
        new(
            ComponentKind.Monitoring, "Alertmanager", Inventory.Role.Monitoring, ["alertmanager", "prometheus-alertmanager"],
            ["alertmanager", "prometheus-aler"], ["alertmanager"]),
        new(
            ComponentKind.Monitoring, "Grafana", Inventory.Role.Monitoring, ["grafana-server", "grafana"], ["grafana", "grafana-server"],
            ["grafana*"]),
        new(ComponentKind.Monitoring, "Zabbix server", Inventory.Role.Monitoring, ["zabbix-server"], ["zabbix_server"], ["zabbix-server*"]),
        new(
            ComponentKind.Other, "Redis", null,
            ["redis", "redis-server", "redis@*", "redis-server@*", "valkey*"],
            ["redis-server", "valkey-server"], ["redis*", "valkey*"]),
        new(ComponentKind.Other, "Memcached", null, ["memcached", "memcached@*"], ["memcached"], ["memcached*"]),
        new(ComponentKind.Other, "RabbitMQ", null, ["rabbitmq-server"], [], ["rabbitmq*"]),
        new(ComponentKind.Other, "Varnish", null, ["varnish"], ["varnishd"], ["varnish*"]),
        new(ComponentKind.Other, "Elasticsearch", null, ["elasticsearch", "opensearch"], [], ["elasticsearch*", "opensearch*"]),
    ];

    /// <summary>Whether a unit is its own.</summary>
    public bool HasUnit(string unit) =>
        unit.EndsWith(".service", StringComparison.Ordinal)
            && Units.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, unit.AsSpan(0, unit.Length - 8), ignoreCase: false));

    /// <summary>Whether a process is its own.</summary>
    public bool HasProcess(string process) =>
        Processes.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, process, ignoreCase: false));

    /// <summary>Whether an image is its own: <c>docker.io/library/nginx:1.27</c>, without registry, path, tag and digest.</summary>
    public bool HasImage(string image)
    {
        string last = image[(image.LastIndexOf('/') + 1)..].Split(':', '@')[0];
        return Images.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, last, ignoreCase: true));
    }
}
