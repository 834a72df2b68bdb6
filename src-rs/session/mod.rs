//! One connection's life as a state machine that is polled: reads, writes, deadlines, close. Knows no event loop and no
//! Node-API: whoever owns a [`Session`] tells it what became ready and what time it is, and gives it an [`Outbox`].

mod endings;
mod outbox;
mod reads;
mod special_reads;
mod upgrade;
mod writes;

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, rc::Rc, time::Instant};

pub use self::{
    outbox::{Answer, OpId, Outbox, Why},
    reads::Wanted,
    writes::Payload,
};
use self::{
    reads::{Loan, Reading},
    writes::Outgoing,
};
use crate::{
    failure::{Failure, Phase},
    framing::{BLOCK, Buffer, Markers, Scan},
    reactor::Ready,
    stream::Stream,
};

/// Reads of the system that one turn of the loop may make for one connection: 16 blocks are 2 MiB, after which other
/// connections and timers have their turn, however fast the peer and the caller are.
const READS_PER_TURN: u32 = 16;

/// Bytes that may be written directly before the loop has its turn again: a caller that writes without pause to a
/// peer that reads as fast would otherwise never let go of the thread.
const BYTES_PER_TURN: usize = READS_PER_TURN as usize * BLOCK;

/// One connection after its dial.
///
/// Invariants: reads are answered in the order of their calls; bytes leave the buffer only with an answer that the
/// outbox took; a read that fails leaves every byte in place.
pub struct Session<S> {
    stream: S,
    inbox: Buffer,
    reads: VecDeque<Reading>,
    writes: VecDeque<Outgoing>,
    /// Items handed out ahead of their calls; see [`Session::give_back`].
    loan: Option<Loan>,
    /// Where the search of the last read that failed stopped, for a read of the same markers.
    left_off: Option<(Rc<Markers>, Scan)>,
    /// The peer has sent its end.
    ended: bool,
    /// Why no more can be read; told once the buffer has been read as far as it goes.
    read_error: Option<Box<Failure>>,
    /// Why no more can be written.
    write_error: Option<Box<Failure>>,
    state: State,
    /// The operation that waits for a TLS handshake, which has the stream meanwhile.
    upgrade: Option<OpId>,
    /// The end has been sent; one that was given up before is still to be sent by the next call.
    end_sent: bool,
    /// The last read took all that was there, so that another would find nothing.
    drained: bool,
    reads_left: u32,
    writes_left: usize,
    bytes_read: u64,
    bytes_written: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// Reads and writes.
    Open,
    /// `end` was called: no writes any more.
    Ending,
    /// `close` was called: what was written before is still on its way.
    Closing,
    /// Nothing happens any more; the stream may be dropped.
    Closed,
}

impl<S: Stream> Session<S> {
    /// A connection over `stream`; `early` are bytes that came during its dial.
    pub fn new(stream: S, early: &[u8]) -> Session<S> {
        let mut inbox = Buffer::new();
        inbox.append(early);
        Session {
            drained: stream.is_drained(),
            stream,
            inbox,
            reads: VecDeque::new(),
            writes: VecDeque::new(),
            loan: None,
            left_off: None,
            ended: false,
            read_error: None,
            write_error: None,
            state: State::Open,
            upgrade: None,
            end_sent: false,
            reads_left: READS_PER_TURN,
            writes_left: BYTES_PER_TURN,
            bytes_read: early.len() as u64,
            bytes_written: 0,
        }
    }

    /// The socket became ready.
    pub fn ready(&mut self, ready: Ready, out: &mut dyn Outbox) {
        self.writes_left = BYTES_PER_TURN;
        if ready.read {
            self.drained = false;
            self.reads_left = READS_PER_TURN;
            self.pump_reads(out);
        }
        if ready.write {
            if self.writes.is_empty() {
                // What fails here fails again for the next write.
                let _ = self.stream.flush();
            }
            self.pump_writes(out);
        }
    }

    /// What has to become ready for the session to go on.
    pub fn interest(&self) -> Ready {
        if self.state == State::Closed || self.stream.is_suspended() {
            return Ready::NONE;
        }
        let read = !self.reads.is_empty();
        // What the stream has to say itself does not keep a process alive that waits for nothing.
        Ready { read, write: !self.writes.is_empty() || (read && self.stream.wants_flush()) }
    }

    /// The earliest deadline of all that is pending.
    pub fn next_deadline(&self) -> Option<Instant> {
        let reads = self.reads.iter().filter_map(|read| read.deadline);
        let writes = self.writes.iter().filter_map(Outgoing::deadline);
        reads.chain(writes).min()
    }

    /// Ends every operation whose deadline has come. What the system already holds is looked at first: an answer
    /// that came in time is not lost to a busy thread.
    pub fn expire(&mut self, now: Instant, out: &mut dyn Outbox) {
        self.ready(Ready { read: !self.reads.is_empty(), write: !self.writes.is_empty() }, out);
        self.expire_reads(now, out);
        self.expire_writes(now, out);
    }

    /// Takes one pending operation out; what it read goes back to the buffer. Gives the bytes it had written, or
    /// `None` when it is no longer pending.
    pub fn cancel(&mut self, op: OpId, out: &mut dyn Outbox) -> Option<u64> {
        if self.cancel_read(op, out) || self.cancel_upgrade(op, out) {
            return Some(0);
        }
        self.cancel_write(op, out)
    }

    /// Half-closes once everything written before has left.
    pub fn end(&mut self, op: OpId, deadline: Option<Instant>, out: &mut dyn Outbox) {
        if self.end_sent {
            return out.written(op);
        }
        self.state = self.state.max(State::Ending);
        self.writes.push_back(Outgoing::End { op, deadline });
        self.pump_writes(out);
    }

    /// Fails the pending reads, lets what was written leave, and closes.
    pub fn close(&mut self, op: OpId, deadline: Option<Instant>, out: &mut dyn Outbox) {
        if self.state == State::Closed {
            return out.written(op);
        }
        self.state = State::Closing;
        self.fail_reads(&closed(Phase::Read), out);
        self.writes.push_back(Outgoing::Close { op, deadline });
        self.pump_writes(out);
    }

    /// Fails everything pending and resets the connection.
    pub fn destroy(&mut self, out: &mut dyn Outbox) {
        if self.state != State::Closed {
            self.stream.reset();
            self.finish(out);
        }
    }

    /// Fails everything pending with `failure` and is closed.
    pub fn fail_all(&mut self, failure: &Failure, out: &mut dyn Outbox) {
        self.state = State::Closed;
        self.fail_upgrade(failure, out);
        self.fail_reads(failure, out);
        self.fail_writes(failure, out);
    }

    /// Nothing happens any more: the owner ends the socket's registration, then drops the session.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// The underlying stream.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Bytes that can be read without waiting for the peer.
    pub fn buffered(&self) -> usize {
        self.inbox.len()
    }

    /// Bytes taken from the system since the connection was made.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Bytes the system has taken since the connection was made.
    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    fn finish(&mut self, out: &mut dyn Outbox) {
        self.state = State::Closed;
        self.fail_upgrade(&closed(Phase::Tls), out);
        self.fail_reads(&closed(Phase::Read), out);
        self.fail_writes(&closed(Phase::Write), out);
    }
}

/// The failure of every call on a connection that was closed.
pub fn closed(phase: Phase) -> Failure {
    Failure::new("ERR_CLOSED", phase, "the connection is closed")
}

fn timed_out(phase: Phase) -> Failure {
    Failure::new("ETIMEDOUT", phase, format!("{} timed out", phase.name()))
}
