//! A stopwatch for CPU time: enough to tell ratios on a shared machine.

use std::time::{Duration, Instant};
use std::{fs, thread};

/// How often all candidates are measured in turn.
const ROUNDS: usize = 15;
/// How long one candidate runs per round.
const SLICE: Duration = Duration::from_millis(40);

/// The CPU time of one call of each candidate, in microseconds: the best of
/// several rounds in which the candidates take turns, so that noise hits all
/// alike.
pub(crate) fn fastest<const N: usize>(mut candidates: [&mut dyn FnMut(); N]) -> [f64; N] {
    let origin = Instant::now();
    let now = || cpu_time().unwrap_or_else(|| origin.elapsed());
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (candidate, best) in candidates.iter_mut().zip(&mut best) {
            let before = now();
            let start = Instant::now();
            let mut calls = 0_u32;
            while start.elapsed() < SLICE {
                candidate();
                calls += 1;
            }
            let spent = now().saturating_sub(before);
            *best = best.min(spent.as_secs_f64() * 1e6 / f64::from(calls));
        }
    }
    best
}

/// What this thread has spent, where Linux tells; time on the wall has to do
/// elsewhere.
fn cpu_time() -> Option<Duration> {
    // The kernel brings the figure up to date when it looks for the next thread.
    thread::yield_now();
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = statistics.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
