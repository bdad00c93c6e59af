using Foobar.Ops.Errors;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Sampling;

namespace Foobar.Ops.Tests.Monitoring;

public sealed class ServiceMetricTests
{
    private const string First = """
        ==> time
        1700000000.500000000

        ==> page
        4096

        ==> groups
        system.slice/nginx.service/cpu.stat:usage_usec 1000000
        system.slice/nginx.service/memory.current:1048576
        system.slice/nginx.service/io.stat:254:0 rbytes=1000 wbytes=2000 rios=1 wios=2 dbytes=0 dios=0
        system.slice/nginx.service/io.pressure:some avg10=0.00 avg60=0.00 avg300=0.00 total=100000
        system.slice/nginx.service/io.pressure:full avg10=0.00 avg60=0.00 avg300=0.00 total=50000
        system.slice/mariadb.service/cpu.stat:usage_usec 500
        system.slice/mariadb.service/io.pressure:some avg10=0.00 avg60=0.00 avg300=0.00 total=0
        system.slice/system-x.slice/x@a:b.service/cpu.stat:usage_usec 7
        system.slice/gone.service/cpu.stat:usage_usec 7

        ==> processes
        /proc/10/cgroup:0::/system.slice/nginx.service
        /proc/11/cgroup:0::/system.slice/nginx.service/worker
        /proc/20/cgroup:0::/system.slice/mariadb.service
        /proc/20/io:read_bytes: 4096
        /proc/20/io:write_bytes: 8192
        /proc/30/cgroup:0::/system.slice/system-x.slice/x@a:b.service
        /proc/40/cgroup:0::/init.scope

        ==> memory
        /proc/10/statm:1000 100 50 1 0 10 0
        /proc/11/statm:1000 200 50 1 0 10 0
        /proc/20/statm:1000 300 50 1 0 10 0
        """;

    private static readonly string Second = First
        .Replace("1700000000.5", "1700000002.5", StringComparison.Ordinal)
        .Replace("usage_usec 1000000", "usage_usec 2000000", StringComparison.Ordinal)
        .Replace("rbytes=1000 wbytes=2000", "rbytes=3000 wbytes=12000", StringComparison.Ordinal)
        .Replace("total=100000", "total=600000", StringComparison.Ordinal)
        .Replace("total=50000", "total=150000", StringComparison.Ordinal)
        .Replace("write_bytes: 8192", "write_bytes: 28192", StringComparison.Ordinal)
        .Replace("some avg10=0.00 avg60=0.00 avg300=0.00 total=0", "some avg10=9.00 avg60=0.00 avg300=0.00 total=800000",
            StringComparison.Ordinal);

    [Fact]
    public void A_service_has_the_rates_of_its_control_group()
    {
        ServiceMetric nginx = Between(First, Second)[0];

        Assert.Equal(("nginx.service", 2, 50.0, 1048576L, 300 * 4096L), (nginx.Service, nginx.ProcessCount, nginx.CpuPercent,
            nginx.MemoryBytes, nginx.ResidentBytes));
        Assert.Equal((1000.0, 5000.0, ServiceIoSource.ControlGroup), (nginx.ReadBytesPerSecond, nginx.WrittenBytesPerSecond,
            nginx.IoSource));
        Assert.Equal(["vda"], nginx.Devices);
        Assert.Equal((25.0, 5.0), (nginx.IoPressure!.SomePercent, nginx.IoPressure.FullPercent));
        Assert.Null(nginx.MemoryPressure);
    }

    [Fact]
    public void Without_accounting_its_processes_tell_what_it_wrote()
    {
        ServiceMetric database = Between(First, Second).Single(service => service.Service == "mariadb.service");

        Assert.Equal((0.0, 10000.0, ServiceIoSource.Processes, null), (database.ReadBytesPerSecond, database.WrittenBytesPerSecond,
            database.IoSource, database.MemoryBytes));
        Assert.Equal(40.0, database.IoPressure!.SomePercent);
        Assert.Empty(database.Devices);
    }

    [Fact]
    public void A_service_without_a_process_is_none_and_an_instance_keeps_its_name() =>
        Assert.Equal(["mariadb.service", "nginx.service", "x@a:b.service"], Between(First, Second).Select(service => service.Service)
            .Order(StringComparer.Ordinal));

    [Fact]
    public void A_service_that_was_started_again_has_no_processor_time() =>
        Assert.Null(Between(First, Second.Replace("usage_usec 2000000", "usage_usec 5", StringComparison.Ordinal)).Single(service =>
            service.Service == "nginx.service").CpuPercent);

    [Fact]
    public void A_process_that_began_meanwhile_counts_from_zero() => Assert.Equal(
        28192 / 2.0, Between(First, Second.Replace("/proc/20/", "/proc/21/", StringComparison.Ordinal)).Single(service =>
            service.Service == "mariadb.service").WrittenBytesPerSecond);

    [Fact]
    public void Pressure_that_is_switched_off_is_not_known()
    {
        Assert.Null(Pressure.Parse(""));
        Assert.Null(Pressure.Between(null, new Pressure(1, 1), 1));
        Assert.Equal(new Pressure(5, null), Pressure.Parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=5"));
        Assert.Throws<ParseException>(() => Pressure.Parse("some avg10=0.00"));
    }

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(ServiceSample.Parse, First, Second);
        ParserProperties.TakesOrRefusesAnyText(text => Pressure.Parse(text),
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0 total=1\n");
    }

    private static IReadOnlyList<ServiceMetric> Between(string first, string second) =>
        ServiceCalculator.Between("web-01", ServiceSample.Parse(first), ServiceSample.Parse(second), 2.0, new Dictionary<string,
            string> { ["254:0"] = "vda" });
}
