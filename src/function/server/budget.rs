//! How many bytes of requests may be in memory at once, over all connections.
//!
//! A limit on one message does not bound memory: a hundred streams on each of
//! hundreds of connections may all carry one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes of all requests being received or answered.
#[derive(Debug)]
pub(super) struct Budget {
    capacity: usize,
    used: AtomicUsize,
}

/// What one call has taken from the budget; given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<Budget>,
    bytes: AtomicUsize,
}

impl Budget {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { capacity, used: AtomicUsize::new(0) })
    }

    /// Starts with nothing; [`Reservation::grow`] takes.
    pub(super) fn reservation(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: AtomicUsize::new(0) }
    }
}

impl Reservation {
    /// Takes `bytes` more, or nothing when the budget does not hold them.
    pub(super) fn grow(&self, bytes: usize) -> bool {
        let capacity = self.budget.capacity;
        let taken = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| *used <= capacity)
        });
        if taken.is_ok() {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        taken.is_ok()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_a_finished_call_held() {
        let budget = Budget::new(10);
        let first = budget.reservation();
        assert!(first.grow(6));
        let second = budget.reservation();
        assert!(!second.grow(5), "11 of 10 bytes");
        assert!(second.grow(4));
        drop(first);
        assert!(second.grow(6));
        drop(second);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn survives_sizes_that_would_overflow() {
        let reservation = Budget::new(10).reservation();
        assert!(reservation.grow(1));
        assert!(!reservation.grow(usize::MAX));
    }
}
