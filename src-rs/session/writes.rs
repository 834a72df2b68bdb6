//! The writing half of a session: a queue of what the system has not taken yet, ends and closes among it. Knows no reads.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    mem,
    time::Instant,
};

use super::{OpId, Outbox, READS_PER_TURN, Session, State, closed, timed_out};
use crate::{
    failure::{Failure, Phase},
    stream::Stream,
};

/// The most pieces handed to one `writev`: Linux's IOV_MAX.
const MOST_PARTS: usize = 1024;

/// The bytes of a write that waits.
pub enum Payload {
    /// A copy.
    Owned(Vec<u8>),
    /// The caller's own memory of this length, found through the outbox each time.
    Lent(usize),
}

impl Payload {
    fn len(&self) -> usize {
        match self {
            Payload::Owned(bytes) => bytes.len(),
            Payload::Lent(size) => *size,
        }
    }
}

/// What waits to leave, in the order of the calls.
pub(super) enum Outgoing {
    Data { op: OpId, payload: Payload, sent: usize, before: u64, deadline: Option<Instant> },
    End { op: OpId, deadline: Option<Instant> },
    Close { op: OpId, deadline: Option<Instant> },
}

impl Outgoing {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self {
            Outgoing::Data { deadline, .. }
            | Outgoing::End { deadline, .. }
            | Outgoing::Close { deadline, .. } => *deadline,
        }
    }

    fn op(&self) -> OpId {
        match self {
            Outgoing::Data { op, .. } | Outgoing::End { op, .. } | Outgoing::Close { op, .. } => *op,
        }
    }

    /// Part of it has left, and part has not.
    fn is_cut(&self) -> bool {
        matches!(self, Outgoing::Data { payload, sent, .. } if self.written() > 0 && *sent < payload.len())
    }

    /// Bytes of this operation that the system has taken.
    fn written(&self) -> u64 {
        match self {
            Outgoing::Data { sent, before, .. } => before + *sent as u64,
            _ => 0,
        }
    }
}

impl<S: Stream> Session<S> {
    /// Hands `parts` to the system, as far as it takes them now. Nothing is taken while earlier writes wait.
    pub fn try_write(&mut self, parts: &[&[u8]]) -> Result<usize, Failure> {
        self.may_write()?;
        if !self.writes.is_empty() || self.writes_left == 0 {
            return Ok(0);
        }
        if let [part] = parts {
            return self.send(&[IoSlice::new(&part[..part.len().min(LARGEST_OFFER)])]);
        }
        let mut total = 0;
        for group in parts.chunks(MOST_PARTS) {
            let offered = group.iter().map(|part| part.len()).sum::<usize>();
            let taken = match self.send(&slices(group)) {
                Ok(taken) => taken,
                Err(failure) if total == 0 => return Err(failure),
                // What was taken is told now; the failure belongs to the rest, which the caller queues next.
                Err(_) => break,
            };
            total += taken;
            if taken < offered {
                break;
            }
        }
        Ok(total)
    }

    /// Lets a write wait for the system to take more. `before` bytes of the same call have left already. Gives
    /// whether it waits; if not, it has failed.
    pub fn queue_write(
        &mut self,
        op: OpId,
        payload: Payload,
        before: u64,
        deadline: Option<Instant>,
        out: &mut dyn Outbox,
    ) -> bool {
        if let Err(failure) = self.may_write() {
            out.failed(op, failure, before);
            return false;
        }
        self.writes.push_back(Outgoing::Data { op, payload, sent: 0, before, deadline });
        true
    }

    fn may_write(&self) -> Result<(), Failure> {
        match (self.state, &self.write_error) {
            (State::Closing | State::Closed, _) => Err(closed(Phase::Write)),
            (State::Ending, _) => {
                let message = "write after end()";
                Err(Failure::new("ERR_STREAM_WRITE_AFTER_END", Phase::Write, message))
            }
            (State::Open, Some(failure)) => Err(Failure::clone(failure)),
            (State::Open, None) => Ok(()),
        }
    }

    /// Writes what waits, as far as the system takes it.
    pub(super) fn pump_writes(&mut self, out: &mut dyn Outbox) {
        while let Some(first) = self.writes.front() {
            let result = match first {
                Outgoing::Data { .. } => self.send_queued(out),
                Outgoing::End { .. } | Outgoing::Close { .. } => self.shut(out),
            };
            match result {
                Ok(true) => {}
                Ok(false) => return,
                Err(failure) => return self.break_writes(&failure, out),
            }
        }
    }

    /// Sends from the head of the queue once: copies that stand together leave together. Gives whether to go on.
    fn send_queued(&mut self, out: &mut dyn Outbox) -> Result<bool, Failure> {
        let mut parts = Vec::new();
        for item in self.writes.iter().take(MOST_PARTS) {
            match item {
                Outgoing::Data { payload: Payload::Owned(bytes), sent, .. } => parts.push(&bytes[*sent..]),
                Outgoing::Data { op, payload: Payload::Lent(size), sent, .. } if parts.is_empty() => {
                    let Some(source) = out.source(*op).filter(|source| source.len() == *size) else {
                        let message =
                            "the memory to write was detached or resized while the write was waiting";
                        return Err(Failure::new("ERR_INVALID_STATE", Phase::Write, message));
                    };
                    parts.push(&source[*sent..]);
                    break;
                }
                _ => break,
            }
        }
        let offered = parts.iter().map(|part| part.len()).sum::<usize>();
        let taken = send(&mut self.stream, &slices(&parts))?;
        drop(parts);
        self.bytes_written += taken as u64;
        self.advance(taken, out);
        Ok(taken == offered)
    }

    /// The system took `taken` more bytes of the queue.
    fn advance(&mut self, mut taken: usize, out: &mut dyn Outbox) {
        while let Some(Outgoing::Data { op, payload, sent, .. }) = self.writes.front_mut() {
            let rest = payload.len() - *sent;
            if taken < rest {
                *sent += taken;
                return;
            }
            taken -= rest;
            out.written(*op);
            self.writes.pop_front();
        }
    }

    fn send(&mut self, slices: &[IoSlice<'_>]) -> Result<usize, Failure> {
        let result = send(&mut self.stream, slices);
        match &result {
            Ok(taken) => {
                self.bytes_written += *taken as u64;
                self.writes_left = self.writes_left.saturating_sub(*taken);
            }
            Err(failure) => self.write_error = Some(failure.clone().into()),
        }
        result
    }

    /// Carries out the end or close at the head of the queue. Gives whether to go on.
    fn shut(&mut self, out: &mut dyn Outbox) -> Result<bool, Failure> {
        let closing = matches!(self.writes.front(), Some(Outgoing::Close { .. }));
        if self.is_upgrading() && !closing {
            return Ok(false);
        }
        match self.stream.shutdown_write() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            // A connection that the peer has reset cannot be shut down and need not be.
            Err(error) if !closing && error.kind() != io::ErrorKind::NotConnected => {
                return Err(Failure::system(&error, Phase::Write, "shutdown"));
            }
            _ => {}
        }
        self.end_sent = true;
        let Some(item) = self.writes.pop_front() else { return Ok(false) };
        if closing {
            self.discard_input();
            out.written(item.op());
            self.finish(out);
            return Ok(false);
        }
        out.written(item.op());
        Ok(true)
    }

    /// Closing a socket with unread input makes the system send a reset, which can overtake what was written last
    /// (RFC 1122 section 4.2.2.13); so what has already come is read and dropped, within bounds.
    fn discard_input(&mut self) {
        let least = self.stream.least_room();
        for _ in 0..READS_PER_TURN {
            let bin = self.inbox.spare(1, least);
            if bin.len() < least {
                return;
            }
            match self.stream.read(bin) {
                Ok(1..) if !self.stream.is_drained() => {}
                _ => return,
            }
        }
    }

    /// The stream takes no more: everything that waits fails, and so will every later write.
    pub(super) fn break_writes(&mut self, failure: &Failure, out: &mut dyn Outbox) {
        self.write_error = Some(failure.clone().into());
        let is_close = |item: &Outgoing| matches!(item, Outgoing::Close { .. });
        let (closes, rest): (_, VecDeque<_>) = mem::take(&mut self.writes).into_iter().partition(is_close);
        // A close that waited for the others has nothing left to wait for.
        self.writes = closes;
        for item in rest {
            out.failed(item.op(), failure.clone(), item.written());
        }
        if !self.writes.is_empty() {
            self.pump_writes(out);
        }
    }

    pub(super) fn expire_writes(&mut self, now: Instant, out: &mut dyn Outbox) {
        let due = |item: &Outgoing| item.deadline().is_some_and(|deadline| deadline <= now);
        while let Some(at) = self.writes.iter().position(due) {
            let item = self.remove_write(at, out);
            out.failed(item.op(), timed_out(Phase::Write), item.written());
            if matches!(item, Outgoing::Close { .. }) {
                self.destroy(out);
            }
        }
    }

    pub(super) fn cancel_write(&mut self, op: OpId, out: &mut dyn Outbox) -> Option<u64> {
        let at = self.writes.iter().position(|item| item.op() == op)?;
        let item = self.remove_write(at, out);
        if matches!(item, Outgoing::Close { .. }) {
            self.destroy(out);
        }
        Some(item.written())
    }

    /// How many bytes of an item are on their way although the system has not taken them.
    fn begun(&self, at: usize) -> usize {
        let mut begun = self.stream.begun();
        for (index, item) in self.writes.iter().enumerate() {
            let Outgoing::Data { payload, sent, .. } = item else { return 0 };
            let own = begun.min(payload.len() - sent);
            if index == at {
                return own;
            }
            begun -= own;
        }
        0
    }

    /// Takes one item out. If part of it has left, the data queued behind it fails: the peer would take it for the
    /// missing rest.
    fn remove_write(&mut self, at: usize, out: &mut dyn Outbox) -> Outgoing {
        let begun = self.begun(at);
        self.stream.disown(begun);
        self.bytes_written += begun as u64;
        let mut item = self.writes.remove(at).expect("the position was just found");
        if let Outgoing::Data { sent, .. } = &mut item {
            *sent += begun;
        }
        if item.is_cut() {
            let behind = self.writes.split_off(at);
            let whole = |item: &Outgoing| !matches!(item, Outgoing::Data { .. });
            let (kept, cut): (VecDeque<_>, VecDeque<_>) = behind.into_iter().partition(whole);
            self.writes.extend(kept);
            let message = "not sent: the write before it was given up in its middle";
            for behind in cut {
                out.failed(behind.op(), Failure::new("ECANCELED", Phase::Write, message), behind.written());
            }
        }
        self.pump_writes(out);
        item
    }

    pub(super) fn fail_writes(&mut self, failure: &Failure, out: &mut dyn Outbox) {
        for item in mem::take(&mut self.writes) {
            match item {
                Outgoing::Close { op, .. } => out.written(op),
                item => out.failed(item.op(), failure.clone(), item.written()),
            }
        }
    }
}

/// The most bytes that are offered at a time, 4 MiB: Windows counts them in 32 bits, and with room for one byte in its
/// buffer takes all that it is offered, into memory that no program may swap out.
const LARGEST_OFFER: usize = 4 << 20;

/// What of `parts` is offered together: nothing may follow a piece that is not offered whole.
fn slices<'a>(parts: &[&'a [u8]]) -> Vec<IoSlice<'a>> {
    let mut room = LARGEST_OFFER;
    let offer = |part: &&'a [u8]| {
        let count = part.len().min(room);
        room -= count;
        (room > 0 || count > 0).then(|| IoSlice::new(&part[..count]))
    };
    parts.iter().map_while(offer).collect()
}

/// One attempt; a system that takes nothing now is no failure.
fn send<S: Stream>(stream: &mut S, slices: &[IoSlice<'_>]) -> Result<usize, Failure> {
    loop {
        match stream.write_vectored(slices) {
            Ok(taken) => return Ok(taken),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(Failure::system(&error, Phase::Write, "write")),
        }
    }
}
