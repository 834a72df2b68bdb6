//! Several addresses, one connection: RFC 8305's race; knows no sockets, no look-up and no deadline.

use std::{
    collections::HashSet,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::failure::{Attempt, Outcome, system_code};

/// Makes one connection attempt. Dropping the attempt's future must close what it opened.
pub trait Connector {
    /// What a successful attempt gives.
    type Stream;

    /// Connects to one address, however long the system lets it take.
    fn connect(&self, address: SocketAddr) -> impl Future<Output = Result<Self::Stream, Refusal>> + Send;
}

/// Why one attempt failed.
#[derive(Debug)]
pub struct Refusal {
    /// The call that failed: `connect`, `bind`, `socket` or `setsockopt`.
    pub syscall: &'static str,
    /// The address that call was about: the far end, for `bind` the local one.
    pub address: SocketAddr,
    /// What the system said.
    pub error: io::Error,
}

/// When the next address is tried although the ones before may still succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stagger {
    /// RFC 8305's Connection Attempt Delay.
    After(Duration),
    /// Not before they have failed.
    Never,
}

/// What has happened in a race so far. It lives outside the race, so that a deadline that ends the race can tell.
#[derive(Debug, Default)]
pub struct Course(Vec<Run>);

#[derive(Debug)]
struct Run {
    address: SocketAddr,
    started: Instant,
    end: Option<(Instant, Result<(), Refusal>)>,
}

impl Course {
    /// Every address tried, in order of the starts.
    pub fn attempts(&self) -> Vec<Attempt> {
        let now = Instant::now();
        self.0.iter().map(|run| run.attempt(now)).collect()
    }

    /// The failures, in order of the starts.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.0.iter().filter_map(|run| run.end.as_ref()?.1.as_ref().err())
    }

    fn begin(&mut self, address: SocketAddr) -> usize {
        self.0.push(Run { address, started: Instant::now(), end: None });
        self.0.len() - 1
    }

    fn end(&mut self, run: usize, result: Result<(), Refusal>) {
        self.0[run].end = Some((Instant::now(), result));
    }
}

impl Run {
    fn attempt(&self, now: Instant) -> Attempt {
        let (until, outcome) = match &self.end {
            None => (now, Outcome::Unfinished),
            Some((at, Ok(()))) => (*at, Outcome::Won),
            Some((at, Err(refusal))) => (*at, Outcome::Failed(system_code(&refusal.error))),
        };
        Attempt {
            address: self.address,
            outcome,
            millis: until.duration_since(self.started).as_secs_f64() * 1e3,
        }
    }
}

/// The order to try addresses in (RFC 8305 section 4): the resolver's, but families take turns, beginning with that of
/// its first address. Doubles are dropped.
pub fn interleave(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut seen = HashSet::new();
    let unique: Vec<_> = addresses.into_iter().filter(|address| seen.insert(*address)).collect();
    let Some(first) = unique.first().map(SocketAddr::is_ipv6) else {
        return unique;
    };
    let (ours, others): (Vec<_>, Vec<_>) = unique.into_iter().partition(|address| address.is_ipv6() == first);
    let turns = ours.len().max(others.len());
    (0..turns).flat_map(|turn| [ours.get(turn), others.get(turn)]).flatten().copied().collect()
}

/// Connects to the first of `addresses` that lets us (RFC 8305 section 5): one attempt after the other starts when the
/// stagger is over, or at once when an attempt fails. No attempt is cut short but by another's success, which drops all
/// others. Gives the winner's address and stream, or `None` when every attempt has failed; `course` knows how.
pub async fn race<C: Connector>(
    connector: &C,
    addresses: &[SocketAddr],
    stagger: Stagger,
    course: &mut Course,
) -> Option<(SocketAddr, C::Stream)> {
    let mut waiting = addresses.iter();
    let mut running = Vec::new();
    loop {
        if let Some(&address) = waiting.next() {
            running.push((course.begin(address), Box::pin(connector.connect(address))));
        } else if running.is_empty() {
            return None;
        }
        let ended = match stagger {
            Stagger::After(delay) if !waiting.as_slice().is_empty() => {
                first_of(&mut running, Some(delay)).await
            }
            _ => first_of(&mut running, None).await,
        };
        match ended {
            Some((run, Ok(stream))) => {
                course.end(run, Ok(()));
                return Some((course.0[run].address, stream));
            }
            Some((run, Err(refusal))) => course.end(run, Err(refusal)),
            None => {}
        }
    }
}

/// Takes out the earliest-started attempt that has ended; `None` when the delay was over first.
async fn first_of<F: Future>(
    running: &mut Vec<(usize, Pin<Box<F>>)>,
    delay: Option<Duration>,
) -> Option<(usize, F::Output)> {
    let ended = poll_fn(|context| {
        for (index, (_, attempt)) in running.iter_mut().enumerate() {
            if let Poll::Ready(result) = attempt.as_mut().poll(context) {
                return Poll::Ready((index, result));
            }
        }
        Poll::Pending
    });
    let (index, result) = match delay {
        None => ended.await,
        Some(delay) => {
            let (mut ended, mut over) = (pin!(ended), pin!(sleep(delay)));
            // The attempts first: one that has succeeded must not be joined by another for nothing.
            tokio::select! { biased; ended = &mut ended => ended, () = &mut over => return None }
        }
    };
    Some((running.remove(index).0, result))
}

#[cfg(test)]
#[path = "race_tests.rs"]
mod tests;
