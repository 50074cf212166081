//! Resource usage of a process, from Linux's /proc.

use std::{fs, time::Duration};

/// Memory and CPU time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Resident memory, in bytes.
    pub resident: u64,
    /// Peak resident memory, in bytes.
    pub peak: u64,
    /// User and system CPU time.
    pub cpu: Duration,
}

impl Usage {
    /// Usage of the process with this id; `None` without /proc.
    pub fn of(id: u32) -> Option<Usage> {
        let read = |name: &str| fs::read_to_string(format!("/proc/{id}/{name}")).ok();
        let ticks = rustix::param::clock_ticks_per_second();
        parse(&read("status")?, &read("stat")?, ticks)
    }
}

fn parse(status: &str, stat: &str, ticks: u64) -> Option<Usage> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
    };
    // The name in parentheses may contain anything. The fields after it are numbered from 3 (proc_pid_stat(5)).
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let cpu = field(14)? + field(15)?;
    Some(Usage {
        resident: bytes("VmRSS")?,
        peak: bytes("VmHWM")?,
        cpu: Duration::from_secs_f64(cpu as f64 / ticks.max(1) as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_proc_files() {
        let status = "Name:\ttolmach\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nThreads:\t4\n";
        let stat = "77 (a ) b) S 1 77 77 0 -1 4194560 5 0 0 0 150 50 0 0 20 0 4 0 100 1 2 3\n";
        let usage = parse(status, stat, 100);
        let expected = Usage { resident: 100 << 20, peak: 200 << 20, cpu: Duration::from_secs(2) };
        assert_eq!(usage, Some(expected));
        assert_eq!(parse("", stat, 100), None);
    }
}
