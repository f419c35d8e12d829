//! How many bytes of requests and answers may be in memory at once, over all
//! connections.
//!
//! A limit on one message does not bound memory: a hundred streams on each of
//! hundreds of connections may all carry one. So bytes are paid for as they
//! arrive, and an answer until it is taken. When all is spent, calls that have
//! waited for their caller for a while make room: an honest caller sends and
//! takes in milliseconds, so it is the stalled ones that go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

use super::task::Task;

/// How long a call may wait for its caller while others need the memory: a second,
/// and another for every eight megabytes.
const PATIENCE: Duration = Duration::from_secs(1);
const HONEST_BYTES_PER_SECOND: f64 = 8e6;
/// How long an answer waits to be taken while nobody needs the memory.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// The memory for all calls together.
#[derive(Debug)]
pub(super) struct Budget {
    capacity: usize,
    books: Mutex<Books>,
    held: Gauge,
}

#[derive(Debug, Default)]
struct Books {
    used: usize,
    /// By number: the oldest call first.
    calls: BTreeMap<u64, Holding>,
    next: u64,
}

#[derive(Debug)]
struct Holding {
    bytes: usize,
    phase: Phase,
    since: Instant,
    task: Task,
}

/// Whom a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// For the caller, to send its request.
    Receiving,
    /// For us.
    Working,
    /// For the caller, to take its answer.
    Sending,
}

/// What one call has taken from the budget; given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<Budget>,
    number: u64,
}

impl Budget {
    /// `held` is kept at what is taken.
    pub(super) fn new(capacity: usize, held: Gauge) -> Arc<Self> {
        Arc::new(Self { capacity, books: Mutex::default(), held })
    }

    /// Starts with nothing; [`Reservation::receive`] takes.
    pub(super) fn reservation(self: &Arc<Self>) -> Reservation {
        let mut books = self.books();
        books.next += 1;
        Reservation { budget: Arc::clone(self), number: books.next }
    }

    /// Ends answers that nobody takes. Never returns.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let mut books = self.books();
            books.end(|call| call.phase == Phase::Sending && call.age() >= SEND_TIMEOUT);
            self.report(&books);
        }
    }

    fn report(&self, books: &Books) {
        self.held.set(i64::try_from(books.used).unwrap_or(i64::MAX));
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing panics while it holds the lock.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Takes `bytes` more, or nothing when the budget does not hold them.
    pub(super) fn receive(&self, bytes: usize) -> bool {
        let mut books = self.budget.books();
        if !books.make_room(bytes, self.budget.capacity) {
            return false;
        }
        books.used += bytes;
        let receiving = || Holding {
            bytes: 0,
            phase: Phase::Receiving,
            since: Instant::now(),
            task: Task::current(),
        };
        books.calls.entry(self.number).or_insert_with(receiving).bytes += bytes;
        self.budget.report(&books);
        true
    }

    /// Notes that the request is complete.
    pub(super) fn work(&self) {
        if let Some(call) = self.budget.books().calls.get_mut(&self.number) {
            call.phase = Phase::Working;
        }
    }

    /// Gives the request back and takes its answer, unless the budget does not hold that.
    pub(super) fn send(&self, bytes: usize) -> bool {
        let mut books = self.budget.books();
        books.give_back(self.number);
        if !books.make_room(bytes, self.budget.capacity) {
            return false;
        }
        books.used += bytes;
        let (phase, since) = (Phase::Sending, Instant::now());
        books.calls.insert(self.number, Holding { bytes, phase, since, task: Task::current() });
        self.budget.report(&books);
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut books = self.budget.books();
        books.give_back(self.number);
        self.budget.report(&books);
    }
}

impl Books {
    /// Whether `bytes` fit, if need be in place of calls whose callers let us wait.
    fn make_room(&mut self, bytes: usize, capacity: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).is_some_and(|used| used <= capacity);
        if !fits(self.used) {
            let mut used = self.used;
            self.end(|call| {
                let goes = !fits(used) && call.phase != Phase::Working && call.is_stalled();
                used -= if goes { call.bytes } else { 0 };
                goes
            });
        }
        fits(self.used)
    }

    /// Ends the calls that are chosen, the oldest first.
    fn end(&mut self, mut choose: impl FnMut(&Holding) -> bool) {
        self.calls.retain(|_, call| {
            let ends = choose(call);
            if ends {
                self.used -= call.bytes;
                call.task.end();
            }
            !ends
        });
    }

    fn give_back(&mut self, number: u64) {
        self.used -= self.calls.remove(&number).map_or(0, |call| call.bytes);
    }
}

impl Holding {
    fn is_stalled(&self) -> bool {
        let bytes = u32::try_from(self.bytes).map_or(f64::INFINITY, f64::from);
        self.age().as_secs_f64() >= PATIENCE.as_secs_f64() + bytes / HONEST_BYTES_PER_SECOND
    }

    fn age(&self) -> Duration {
        self.since.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn gives_back_what_a_finished_call_held() {
        let budget = Budget::new(10, Gauge::default());
        let first = budget.reservation();
        assert!(first.receive(2) && first.receive(4));
        let second = budget.reservation();
        assert!(!second.receive(5), "11 of 10 bytes");
        assert!(second.receive(4));
        drop(first);
        assert!(second.receive(6));
        drop(second);
        assert_eq!(budget.books().used, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn survives_sizes_that_would_overflow() {
        let reservation = Budget::new(10, Gauge::default()).reservation();
        assert!(reservation.receive(1));
        assert!(!reservation.receive(usize::MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_takes_the_place_of_its_request() {
        let budget = Budget::new(10, Gauge::default());
        let call = budget.reservation();
        assert!(call.receive(9));
        call.work();
        assert!(call.send(3));
        assert_eq!(budget.books().used, 3);
        assert!(!call.send(11));
        assert_eq!(budget.books().used, 0);
    }

    /// Whoever stops half-way must not keep others out.
    #[tokio::test(start_paused = true)]
    async fn stalled_calls_make_room_and_those_at_work_do_not() {
        let budget = Budget::new(10, Gauge::default());
        let [working, receiving, sending, fresh] = [(); 4].map(|()| budget.reservation());
        assert!(working.receive(2) && receiving.receive(3) && sending.receive(5));
        working.work();
        assert!(sending.send(4));
        assert!(!fresh.receive(2), "one byte is left, and nobody has stalled yet");
        tokio::time::sleep(PATIENCE * 2).await;
        assert!(fresh.receive(2), "the oldest goes");
        assert_eq!(budget.books().used, 8);
        assert!(fresh.receive(6), "and then the next");
        assert_eq!(budget.books().used, 10);
        assert!(!fresh.receive(1), "calls at work stay");
        drop([receiving, sending]);
        assert_eq!(budget.books().used, 10);
        drop([working, fresh]);
        assert_eq!(budget.books().used, 0);
    }
}
