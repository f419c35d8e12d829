//! A stopwatch: enough to tell ratios on a shared machine.

use std::time::{Duration, Instant};

/// How often all candidates are measured in turn.
const ROUNDS: usize = 15;
/// How long one candidate runs per round.
const SLICE: Duration = Duration::from_millis(40);

/// The time of one call of each candidate, in microseconds: the best of several
/// rounds in which the candidates take turns, so that noise hits all alike.
pub fn fastest<const N: usize>(mut candidates: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (candidate, best) in candidates.iter_mut().zip(&mut best) {
            let start = Instant::now();
            let mut calls = 0_u32;
            while start.elapsed() < SLICE {
                candidate();
                calls += 1;
            }
            *best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
        }
    }
    best
}
