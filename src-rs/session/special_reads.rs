//! Reads that involve their owner: into its memory, or up to where it is content. Knows the queue's head only.

use std::mem;

use super::{
    Answer, Outbox, Session, Why,
    endings::{ended_early, no_memory, over_limit, taken_away},
    reads::{Step, Wanted},
};
use crate::stream::Stream;

impl<S: Stream> Session<S> {
    pub(super) fn step_fill(&mut self, size: usize, out: &mut dyn Outbox) -> Step {
        let Some(reading) = self.reads.front_mut() else { return Step::NeedsBytes };
        if reading.filled < size && !self.inbox.is_empty() {
            let Some(target) = out.target(reading.op).filter(|target| target.len() == size) else {
                out.failed(reading.op, taken_away(), 0);
                return Step::Settled;
            };
            let room = &mut target[reading.filled..];
            let count = room.len().min(self.inbox.len());
            room[..count].copy_from_slice(&self.inbox.as_slice()[..count]);
            reading.filled += count;
            self.inbox.consume(count);
            self.left_off = None;
        }
        if reading.filled == size {
            out.answer(reading.op, Answer::Filled(size));
            return Step::Settled;
        }
        if self.ended {
            let op = reading.op;
            let failure = ended_early(&format!("after {} of {size} bytes", reading.filled));
            self.reclaim(out);
            out.failed(op, failure, 0);
            return Step::Settled;
        }
        Step::NeedsBytes
    }

    pub(super) fn step_examine(&mut self, max_size: usize, out: &mut dyn Outbox) -> Step {
        let Some(reading) = self.reads.front_mut() else { return Step::NeedsBytes };
        let there = self.inbox.len().min(max_size);
        if there > reading.filled {
            reading.filled = there;
            let bytes = &self.inbox.as_slice()[..there];
            if let Some(taken) = out.examine(reading.op, bytes).filter(|taken| *taken <= there) {
                let answer = Answer::Bytes { bytes: &bytes[..taken], why: Why::Marker, items: 1 };
                if out.answer(reading.op, answer) {
                    self.inbox.consume(taken);
                    self.left_off = None;
                }
                return Step::Settled;
            }
        }
        if there == max_size {
            out.failed(reading.op, over_limit(max_size), 0);
            return Step::Settled;
        }
        if self.ended {
            let failure = ended_early(&format!("after {there} bytes, without what was expected"));
            out.failed(reading.op, failure, 0);
            return Step::Settled;
        }
        Step::NeedsBytes
    }

    /// What the first waiting read has put into the owner's memory goes back to the buffer, which is empty while a
    /// read fills.
    pub(super) fn reclaim(&mut self, out: &mut dyn Outbox) {
        let Some(reading) = self.reads.front_mut() else { return };
        let filled = mem::take(&mut reading.filled);
        if filled > 0
            && let Wanted::Fill { .. } = reading.wanted
            && let Some(target) = out.target(reading.op)
            && !self.inbox.unread(&target[..filled.min(target.len())])
        {
            // What comes after the lost bytes must not pass for what comes next.
            self.read_error = Some(no_memory(0).into());
        }
    }
}
