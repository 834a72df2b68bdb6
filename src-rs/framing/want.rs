//! What a read may wait for, and what it may be told; knows not how bytes are judged, no time, no queue, no encodings.

use std::{ops::Range, rc::Rc};

use super::{frame::Prefix, lines::LineRule, markers::Markers};

/// What a read is waiting for. Sizes are in bytes; `usize::MAX` is no limit.
///
/// Limits compare the data without its marker; data of exactly the limit is fine. `keep` leaves the marker on
/// the data.
#[derive(Clone, Debug)]
pub enum Want {
    /// What is there: at least 1 byte.
    Some {
        /// The most to take; 0 is answered at once, with nothing.
        max: usize,
    },
    /// A number of bytes.
    Exactly {
        /// How many; 0 is answered at once.
        size: usize,
    },
    /// The bytes up to a marker.
    Until {
        /// What to look for.
        markers: Rc<Markers>,
        /// The most data before the marker.
        max_size: usize,
        /// Whether the marker stays on the data; it is consumed in any case.
        keep: bool,
    },
    /// One or more lines.
    Lines {
        /// What ends a line.
        rule: Rc<LineRule>,
        /// The most data in each line.
        max_size: usize,
        /// Whether the marker stays on a single line; it is consumed in any case.
        keep: bool,
        /// The most lines to give at once; `u32::MAX` for all that are there.
        most: u32,
    },
    /// Everything to the end of the stream.
    All {
        /// The most data.
        max_size: usize,
    },
    /// One or more length-prefixed payloads.
    Frames {
        /// How lengths are written.
        prefix: Prefix,
        /// The most bytes in each payload.
        max_size: usize,
        /// The most frames to give at once; `u32::MAX` for all that are there.
        most: u32,
    },
    /// What comes before the first of a marker, a size and the end.
    Receive {
        /// What to look for, if anything.
        markers: Option<Rc<Markers>>,
        /// The most bytes to give, a marker included.
        max_size: usize,
        /// Whether the marker stays on the data; it is consumed in any case.
        keep: bool,
    },
}

/// Why an answer ends where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A marker, of a line too.
    Marker,
    /// The size wanted is there.
    Size,
    /// The stream ended.
    End,
}

/// An answer: places in the bytes that were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many bytes the answer takes from the front.
    pub consumed: usize,
    /// The bytes to deliver. For several lines: the region from the first line's begin to the last one's end
    /// without its marker ([`LineRule::split`]); for several frames: the frames with their lengths
    /// ([`Prefix::split`]).
    pub data: Range<usize>,
    /// Why it ends there.
    pub reason: Reason,
    /// How many lines or frames these are; 1 for every other answer.
    pub items: u32,
}

/// What the bytes so far are to a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not yet an answer.
    More,
    /// An answer.
    Take(Taken),
    /// The stream ended where it may.
    End,
    /// The stream ended in the middle; nothing is consumed.
    UnexpectedEnd,
    /// No further byte can bring the data within the limit; nothing is consumed.
    Limit {
        /// The limit.
        size: usize,
        /// Whether the marker, or the end, was seen behind it. Depends on the cuts: for logs, not for
        /// messages.
        found: bool,
    },
    /// The bytes break the format; says how.
    Malformed(&'static str),
}

impl Want {
    /// The least number of bytes, at least 1, that has to arrive before another look can tell more than that
    /// the limit is passed, when `buffered` are there; also what to ask of
    /// [`Buffer::spare`](super::Buffer::spare).
    pub fn least(&self, buffered: usize) -> usize {
        let needed = match self {
            Want::Exactly { size } => *size,
            Want::Until { markers, .. } => markers.shortest(),
            Want::Lines { rule, .. } => rule.marker.len(),
            Want::Frames { prefix, .. } => prefix.least(),
            Want::Some { .. } | Want::All { .. } | Want::Receive { .. } => 1,
        };
        needed.saturating_sub(buffered).max(1)
    }
}

impl Taken {
    /// An answer that is all data.
    pub(super) fn data(consumed: usize, reason: Reason) -> Taken {
        Taken { consumed, data: 0..consumed, reason, items: 1 }
    }
}
