//! The `process_*` series that every Prometheus client library offers, read from
//! `/proc`. Where there is none the series are left out.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// The unit of times in `/proc/self/stat`. Linux fixes it at 100 for programs on
/// every architecture, whatever the kernel's own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc` at each scrape.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    started: f64,
}

/// Now, as Prometheus writes times.
pub(super) fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
}

impl ProcessCollector {
    pub(super) fn new() -> Self {
        // Made when the process starts; the kernel's figure would need the boot time too.
        Self { started: unix_seconds() }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let mut gauge = |name: &str, help: &str, value: Option<f64>| match value {
            Some(value) => {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
            }
            None => Ok(()),
        };
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        gauge("process_start_time_seconds", "When the process started", Some(self.started))?;
        gauge(
            "process_resident_memory_bytes",
            "Memory in use",
            number_after(&status, "VmRSS:").map(|kib| kib * 1024.0),
        )?;
        gauge(
            "process_virtual_memory_bytes",
            "Address space in use",
            number_after(&status, "VmSize:").map(|kib| kib * 1024.0),
        )?;
        gauge("process_threads", "Threads", number_after(&status, "Threads:"))?;
        gauge("process_open_fds", "Open file descriptors", open_files())?;
        gauge("process_max_fds", "File descriptors that may be open", max_files())?;
        if let Some(seconds) = cpu_seconds() {
            let counter = ConstCounter::new(seconds);
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                "CPU time spent",
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}

/// The first number of the line that starts with `key`.
fn number_after(status: &str, key: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

fn open_files() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    u32::try_from(count).ok().map(f64::from)
}

fn max_files() -> Option<f64> {
    number_after(&fs::read_to_string("/proc/self/limits").ok()?, "Max open files")
}

/// User and system time.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11).map(|field| field.parse::<f64>().ok());
    Some((times.next()?? + times.next()??) / TICKS_PER_SECOND)
}
