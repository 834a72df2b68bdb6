//! The reading half of a session: a queue of what is waited for, answered from one buffer. Knows no writes.

use std::{io, mem, rc::Rc, time::Instant};

use super::{
    Answer, OpId, Outbox, Session, State, Why, closed,
    endings::{no_memory, over_limit, taken_away, unexpected_end},
    timed_out,
};
use crate::{
    failure::{Failure, Phase},
    framing::{BLOCK, LineRule, Markers, Prefix, Scan, Taken, Verdict, Want},
    stream::Stream,
};

/// The most bytes of one read of the system into the owner's memory: a larger copy leaves the processor's cache and
/// keeps the peer's window shut for longer.
const FILL: usize = BLOCK;

/// What a read waits for.
pub enum Wanted {
    /// Bytes out of the buffer.
    Buffered(Want),
    /// Bytes up to where the owner's own examination is content, looked at whenever there are more of them.
    Examined {
        /// The most bytes to look through.
        max_size: usize,
    },
    /// `size` bytes in the owner's memory, past the buffer.
    Fill {
        /// The memory's length.
        size: usize,
    },
}

/// A read that waits. It holds no bytes but those in the owner's memory, so that it can be dropped at any time.
pub(super) struct Reading {
    pub(super) op: OpId,
    pub(super) wanted: Wanted,
    /// Bytes in the owner's memory, or already examined.
    pub(super) filled: usize,
    scan: Scan,
    pub(super) deadline: Option<Instant>,
}

/// How to count the items of an answer that was given ahead of the calls.
pub(super) enum Loan {
    Lines(Rc<LineRule>),
    Frames(Prefix),
}

/// What looking at the first waiting read came to.
pub(super) enum Step {
    Settled,
    NeedsBytes,
}

impl<S: Stream> Session<S> {
    /// Answers a read, or lets it wait behind those before it. Gives whether it was answered.
    pub fn read(
        &mut self,
        op: OpId,
        wanted: Wanted,
        deadline: Option<Instant>,
        out: &mut dyn Outbox,
    ) -> bool {
        self.settle_loan();
        if self.state >= State::Closing {
            out.failed(op, closed(Phase::Read), 0);
            return true;
        }
        let scan = self.resume(&wanted);
        if self.reads.capacity() == 0 {
            // Most connections never have two reads waiting, and many have one for hours.
            self.reads.reserve_exact(1);
        }
        self.reads.push_back(Reading { op, wanted, filled: 0, scan, deadline });
        if self.reads.len() > 1 {
            return false;
        }
        self.pump_reads(out);
        self.reads.is_empty()
    }

    /// Puts `bytes` before everything that is buffered. Only while no read waits: a waiting one has seen the bytes
    /// behind them already.
    pub fn unread(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.settle_loan();
        if self.state >= State::Closing {
            return Err(closed(Phase::Read));
        }
        if !self.reads.is_empty() {
            let message = "unread() while a read is waiting: its bytes would come too late for it";
            return Err(Failure::new("ERR_INVALID_STATE", Phase::Read, message));
        }
        self.left_off = None;
        if !self.inbox.unread(bytes) {
            return Err(no_memory(self.inbox.len()));
        }
        Ok(())
    }

    /// The buffered bytes, without taking them.
    pub fn peek(&mut self) -> &[u8] {
        self.settle_loan();
        self.inbox.as_slice()
    }

    /// Of the items of the last answer only the first `used` were needed: the bytes of the others are readable again.
    pub fn give_back(&mut self, used: usize) {
        let lent = self.inbox.lent();
        let kept = match &self.loan {
            Some(Loan::Lines(rule)) => rule.skip(lent, used),
            Some(Loan::Frames(prefix)) => prefix.skip(lent, used),
            None => return,
        };
        let back = lent.len() - kept;
        self.inbox.take_back(back);
        self.settle_loan();
    }

    pub(super) fn settle_loan(&mut self) {
        if self.loan.take().is_some() {
            self.inbox.settle_loan();
        }
    }

    /// Answers waiting reads as far as the buffer and the system allow.
    pub(super) fn pump_reads(&mut self, out: &mut dyn Outbox) {
        while !self.reads.is_empty() {
            match self.step(out) {
                Step::Settled => drop(self.reads.pop_front()),
                Step::NeedsBytes => {
                    if let Some(failure) = self.read_error.clone() {
                        // Alone: those behind it may be content with the bytes that it leaves.
                        let reading = self.remove_read(0, out);
                        out.failed(reading.op, *failure, 0);
                    } else if !self.fetch(out) {
                        return;
                    }
                }
            }
        }
    }

    /// Looks whether the first waiting read can be answered now.
    fn step(&mut self, out: &mut dyn Outbox) -> Step {
        let alone = self.reads.len() == 1;
        let Some(reading) = self.reads.front_mut() else { return Step::NeedsBytes };
        let want = match &mut reading.wanted {
            Wanted::Fill { size } => {
                let size = *size;
                return self.step_fill(size, out);
            }
            Wanted::Examined { max_size } => {
                let max_size = *max_size;
                return self.step_examine(max_size, out);
            }
            Wanted::Buffered(want) => want,
        };
        if !alone {
            take_one(want);
        }
        let bytes = self.inbox.as_slice();
        match want.judge(bytes, self.ended, &mut reading.scan) {
            Verdict::More => return Step::NeedsBytes,
            Verdict::Take(taken) => {
                let why = Why::from(taken.reason);
                // Lines become strings, which are copies anyway.
                let whole = taken.data.start == 0 && !matches!(want, Want::Lines { .. });
                if let Some(mut bytes) = whole.then(|| self.inbox.detach(taken.consumed)).flatten() {
                    bytes.truncate(taken.data.end);
                    self.left_off = None;
                    out.answer(reading.op, Answer::Owned { bytes, why });
                    return Step::Settled;
                }
                let bytes = &self.inbox.as_slice()[taken.data.clone()];
                if out.answer(reading.op, Answer::Bytes { bytes, why, items: taken.items }) {
                    self.take(&taken);
                }
            }
            Verdict::End => drop(out.answer(reading.op, Answer::End)),
            Verdict::UnexpectedEnd => out.failed(reading.op, unexpected_end(want, bytes.len()), 0),
            Verdict::Limit { size, .. } => {
                let scan = mem::take(&mut reading.scan);
                out.failed(reading.op, over_limit(size), 0);
                self.left_off = marked(want).map(|markers| (markers.clone(), scan));
            }
            Verdict::Malformed(what) => {
                out.failed(reading.op, Failure::new("ERR_INVALID_FRAME", Phase::Read, what), 0);
            }
        }
        Step::Settled
    }

    fn take(&mut self, taken: &Taken) {
        if taken.consumed > 0 {
            self.left_off = None;
        }
        let lender = match self.reads.front().map(|reading| &reading.wanted) {
            Some(Wanted::Buffered(Want::Lines { rule, .. })) if taken.items > 1 => Loan::Lines(rule.clone()),
            Some(Wanted::Buffered(Want::Frames { prefix, .. })) if taken.items > 1 => Loan::Frames(*prefix),
            _ => return self.inbox.consume(taken.consumed),
        };
        self.inbox.lend(taken.consumed);
        self.loan = Some(lender);
    }

    /// Reads from the system once, to where the first waiting read wants it. Gives whether to look again.
    fn fetch(&mut self, out: &mut dyn Outbox) -> bool {
        if self.drained || (self.reads_left == 0 && !self.stream.is_over()) {
            return false;
        }
        let Some(reading) = self.reads.front_mut() else { return false };
        self.reads_left = self.reads_left.saturating_sub(1);
        let least = self.stream.least_room();
        let (room, filled) = match &reading.wanted {
            Wanted::Buffered(want) => (self.inbox.spare(want.least(self.inbox.len()), least), None),
            Wanted::Examined { .. } => (self.inbox.spare(1, least), None),
            // The stream gives more at a time than is still wanted: the rest belongs to the next read.
            Wanted::Fill { size } if size - reading.filled < least => (self.inbox.spare(1, least), None),
            Wanted::Fill { size } => match out.target(reading.op).filter(|target| target.len() == *size) {
                Some(target) => {
                    let end = target.len().min(reading.filled + FILL);
                    (&mut target[reading.filled..end], Some(&mut reading.filled))
                }
                None => {
                    out.failed(reading.op, taken_away(), 0);
                    self.reads.pop_front();
                    return true;
                }
            },
        };
        if room.len() < least {
            let reading = self.remove_read(0, out);
            self.leave_off(reading.wanted, reading.scan);
            out.failed(reading.op, no_memory(self.inbox.len()), 0);
            return true;
        }
        let result = loop {
            match self.stream.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        if !matches!(result, Ok(count) if count > 0) {
            // Nothing was put into the spare room, which an idle connection should not hold.
            self.inbox.commit(0);
        }
        match result {
            // The system tells a reset once, to the call that comes first: here that was a write.
            Ok(0) if self.write_error.as_ref().is_some_and(|failure| failure.code == "ECONNRESET") => {
                let reset = io::Error::from(io::ErrorKind::ConnectionReset);
                self.read_error = Some(Failure::system(&reset, Phase::Read, "read").into());
            }
            Ok(0) => self.ended = true,
            Ok(count) => {
                self.bytes_read += count as u64;
                self.drained = self.stream.is_drained();
                match filled {
                    Some(filled) => *filled += count,
                    None => self.inbox.commit(count),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.drained = true;
                return false;
            }
            Err(error) => {
                self.read_error = Some(Failure::system(&error, Phase::Read, "read").into());
            }
        }
        true
    }

    pub(super) fn expire_reads(&mut self, now: Instant, out: &mut dyn Outbox) {
        let due = |reading: &Reading| reading.deadline.is_some_and(|deadline| deadline <= now);
        while let Some(at) = self.reads.iter().position(due) {
            let reading = self.remove_read(at, out);
            match &reading.wanted {
                Wanted::Buffered(Want::Receive { max_size, .. }) => {
                    // One whose turn has not come gets nothing: what is there belongs to the read before it.
                    let count = if at == 0 { self.inbox.len().min(*max_size) } else { 0 };
                    let bytes = &self.inbox.as_slice()[..count];
                    if out.answer(reading.op, Answer::Bytes { bytes, why: Why::Timeout, items: 1 }) {
                        self.inbox.consume(count);
                        self.left_off = None;
                    }
                }
                _ => {
                    self.leave_off(reading.wanted, reading.scan);
                    out.failed(reading.op, timed_out(Phase::Read), 0);
                }
            }
            self.pump_reads(out);
        }
    }

    pub(super) fn cancel_read(&mut self, op: OpId, out: &mut dyn Outbox) -> bool {
        let Some(at) = self.reads.iter().position(|reading| reading.op == op) else { return false };
        let reading = self.remove_read(at, out);
        self.leave_off(reading.wanted, reading.scan);
        self.pump_reads(out);
        true
    }

    pub(super) fn fail_reads(&mut self, failure: &Failure, out: &mut dyn Outbox) {
        if self.state != State::Closed {
            self.reclaim(out);
        }
        for reading in mem::take(&mut self.reads) {
            out.failed(reading.op, failure.clone(), 0);
        }
    }

    fn remove_read(&mut self, at: usize, out: &mut dyn Outbox) -> Reading {
        if at == 0 {
            self.reclaim(out);
        }
        self.reads.remove(at).expect("the position was just found")
    }

    fn leave_off(&mut self, wanted: Wanted, scan: Scan) {
        if let Wanted::Buffered(want) = &wanted {
            self.left_off = marked(want).map(|markers| (markers.clone(), scan));
        }
    }

    fn resume(&mut self, wanted: &Wanted) -> Scan {
        let Wanted::Buffered(want) = wanted else { return Scan::default() };
        match (self.left_off.take(), marked(want)) {
            (Some((before, scan)), Some(now)) if self.reads.is_empty() && Rc::ptr_eq(&before, now) => scan,
            _ => Scan::default(),
        }
    }
}

/// Others wait behind this read, so it may not take items ahead of their calls.
fn take_one(want: &mut Want) {
    if let Want::Lines { most, .. } | Want::Frames { most, .. } = want {
        *most = 1;
    }
}

fn marked(want: &Want) -> Option<&Rc<Markers>> {
    match want {
        Want::Until { markers, .. } | Want::Receive { markers: Some(markers), .. } => Some(markers),
        _ => None,
    }
}
