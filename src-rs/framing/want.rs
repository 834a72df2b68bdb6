//! What a read is waiting for, and whether the bytes so far are it; knows no time, no queue and no encodings.
//!
//! [`Want::judge`] is a function of the bytes since the read's begin and of whether the stream ended after them. However
//! they were cut on their way, the last verdict is the same: a limit is reported once no further byte could help.

use std::{ops::Range, rc::Rc};

use super::{
    buffer::BLOCK,
    frame::{Header, Prefix},
    lines::{Line, LineRule},
    markers::{Markers, Scan},
};

/// What a read is waiting for. Sizes are in bytes; `usize::MAX` is no limit.
///
/// Limits compare the data without its marker; data of exactly the limit is fine. `keep` leaves the marker on the data.
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
    /// More than a number of buffered bytes, or the end; takes nothing.
    Beyond {
        /// The number already known.
        than: usize,
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
    /// The bytes to deliver. For several lines: the region from the first line's begin to the last one's end without its
    /// marker ([`LineRule::split`]); for several frames: the frames with their lengths ([`Prefix::split`]).
    pub data: Range<usize>,
    /// Why it ends there.
    pub reason: Reason,
    /// The index of the marker that was hit, if one was; else 0.
    pub marker: usize,
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
        /// Whether the marker, or the end, was seen behind it. Depends on the cuts: for logs, not for messages.
        found: bool,
    },
    /// The bytes break the format; says how.
    Malformed(&'static str),
}

impl Want {
    /// Judges `bytes`, all that are buffered; `ended` says that no others follow. `scan` is the waiting read's own.
    pub fn judge(&self, bytes: &[u8], ended: bool, scan: &mut Scan) -> Verdict {
        let verdict = match self {
            Want::Some { max } => some(*max, bytes, ended),
            Want::Exactly { size } => exactly(*size, bytes, ended),
            Want::Until { markers, max_size, keep } => until(markers, *max_size, *keep, bytes, ended, scan),
            Want::Lines { rule, max_size, keep, most } => {
                lines(rule, *max_size, *keep, *most, bytes, ended, scan)
            }
            Want::All { max_size } => all(*max_size, bytes, ended),
            Want::Frames { prefix, max_size, most } => frames(*prefix, *max_size, *most, bytes, ended),
            Want::Receive { markers, max_size, keep } => {
                receive(markers.as_deref(), *max_size, *keep, bytes, ended, scan)
            }
            Want::Beyond { than } => beyond(*than, bytes, ended),
        };
        if let Verdict::Take(taken) = &verdict
            && taken.consumed > 0
        {
            // The place it speaks of is gone.
            *scan = Scan::default();
        }
        verdict
    }

    /// The least number of bytes, at least 1, that has to arrive before another look can tell more than that the
    /// limit is passed, when `buffered` are there; also what to ask of [`Buffer::spare`](super::Buffer::spare).
    pub fn least(&self, buffered: usize) -> usize {
        let needed = match self {
            Want::Exactly { size } => *size,
            Want::Until { markers, .. } => markers.shortest(),
            Want::Lines { rule, .. } => rule.marker.len(),
            Want::Frames { prefix, .. } => prefix.least(),
            Want::Beyond { than } => than.saturating_add(1),
            Want::Some { .. } | Want::All { .. } | Want::Receive { .. } => 1,
        };
        needed.saturating_sub(buffered).max(1)
    }

    /// What a read that gives whatever came gives when its time is over: up to its most, reason [`Reason::End`].
    pub fn rest(&self, buffered: usize) -> Taken {
        let most = match self {
            Want::Some { max: most } | Want::Receive { max_size: most, .. } => *most,
            _ => usize::MAX,
        };
        taken(buffered.min(most), Reason::End)
    }
}

/// An answer that is all data.
fn taken(consumed: usize, reason: Reason) -> Taken {
    Taken { consumed, data: 0..consumed, reason, marker: 0, items: 1 }
}

fn some(max: usize, bytes: &[u8], ended: bool) -> Verdict {
    match bytes.len() {
        0 if max > 0 => {
            if ended {
                Verdict::End
            } else {
                Verdict::More
            }
        }
        len => Verdict::Take(taken(len.min(max), Reason::Size)),
    }
}

fn exactly(size: usize, bytes: &[u8], ended: bool) -> Verdict {
    if bytes.len() >= size {
        Verdict::Take(taken(size, Reason::Size))
    } else if ended {
        Verdict::UnexpectedEnd
    } else {
        Verdict::More
    }
}

fn until(
    markers: &Markers,
    max_size: usize,
    keep: bool,
    bytes: &[u8],
    ended: bool,
    scan: &mut Scan,
) -> Verdict {
    let area = &bytes[..bytes.len().min(markers.reach(max_size))];
    let complete = ended && area.len() == bytes.len();
    match markers.search(area, complete, scan) {
        Some(hit) if hit.start <= max_size => Verdict::Take(Taken {
            consumed: hit.end,
            data: 0..if keep { hit.end } else { hit.start },
            reason: Reason::Marker,
            marker: hit.marker,
            items: 1,
        }),
        Some(_) => Verdict::Limit { size: max_size, found: true },
        None if !markers.may_complete(area, max_size, scan) => {
            Verdict::Limit { size: max_size, found: false }
        }
        None if ended => Verdict::UnexpectedEnd,
        None => Verdict::More,
    }
}

fn lines(
    rule: &LineRule,
    max_size: usize,
    keep: bool,
    most: u32,
    bytes: &[u8],
    ended: bool,
    scan: &mut Scan,
) -> Verdict {
    let (data, hit) = match rule.first(bytes, ended, max_size, keep, scan) {
        Line::Whole { data, hit } => (data, hit),
        Line::TooLong { found } => return Verdict::Limit { size: max_size, found },
        Line::Open if !ended => return Verdict::More,
        Line::Open if bytes.is_empty() => return Verdict::End,
        Line::Open if bytes.len() > max_size => return Verdict::Limit { size: max_size, found: true },
        Line::Open => return Verdict::Take(taken(bytes.len(), Reason::End)),
    };
    let single = || {
        let data = 0..if keep { hit.end } else { data };
        Taken { consumed: hit.end, data, reason: Reason::Marker, marker: 0, items: 1 }
    };
    if most <= 1 {
        return Verdict::Take(single());
    }
    let all = if most == u32::MAX { rule.all_in_block(bytes, hit.end, max_size) } else { None };
    let (consumed, items) = all.unwrap_or_else(|| {
        let (mut at, mut items) = (hit.end, 1);
        while items < most && at < bytes.len().min(BLOCK) {
            let rest = &bytes[at..bytes.len().min(BLOCK)];
            match rule.first(rest, false, max_size, keep, &mut Scan::default()) {
                Line::Whole { hit, .. } => at += hit.end,
                Line::Open | Line::TooLong { .. } => break,
            }
            items += 1;
        }
        (at, items)
    });
    if items == 1 {
        return Verdict::Take(single());
    }
    let data = 0..consumed - rule.marker.len();
    Verdict::Take(Taken { consumed, data, reason: Reason::Marker, marker: 0, items })
}

fn all(max_size: usize, bytes: &[u8], ended: bool) -> Verdict {
    if bytes.len() > max_size {
        Verdict::Limit { size: max_size, found: ended }
    } else if ended {
        Verdict::Take(taken(bytes.len(), Reason::End))
    } else {
        Verdict::More
    }
}

fn frames(prefix: Prefix, max_size: usize, most: u32, bytes: &[u8], ended: bool) -> Verdict {
    match prefix.decode(bytes) {
        Header::Malformed => return Verdict::Malformed("a length that does not fit 64 bits"),
        Header::Is { payload, .. } if payload > max_size as u64 => {
            return Verdict::Limit { size: max_size, found: true };
        }
        Header::Is { .. } | Header::Need(_) => {}
    }
    let Some(payload) = prefix.whole(bytes) else {
        return match (ended, bytes.is_empty()) {
            (false, _) => Verdict::More,
            (true, true) => Verdict::End,
            (true, false) => Verdict::UnexpectedEnd,
        };
    };
    let (mut consumed, mut items) = (payload.end, 1);
    while items < most
        && consumed < BLOCK
        && let Some(next) = prefix.whole(&bytes[consumed..])
        && next.len() <= max_size
        && consumed + next.end <= BLOCK
    {
        consumed += next.end;
        items += 1;
    }
    let data = if items == 1 { payload } else { 0..consumed };
    Verdict::Take(Taken { consumed, data, reason: Reason::Size, marker: 0, items })
}

fn receive(
    markers: Option<&Markers>,
    max_size: usize,
    keep: bool,
    bytes: &[u8],
    ended: bool,
    scan: &mut Scan,
) -> Verdict {
    let area = &bytes[..bytes.len().min(max_size)];
    let is_full = area.len() == max_size;
    // Only bytes within the size decide, else more of them would change an answer already given.
    if let Some(hit) = markers.and_then(|markers| markers.search(area, ended || is_full, scan)) {
        return Verdict::Take(Taken {
            consumed: hit.end,
            data: 0..if keep { hit.end } else { hit.start },
            reason: Reason::Marker,
            marker: hit.marker,
            items: 1,
        });
    }
    if is_full {
        Verdict::Take(taken(max_size, Reason::Size))
    } else if ended {
        Verdict::Take(taken(area.len(), Reason::End))
    } else {
        Verdict::More
    }
}

fn beyond(than: usize, bytes: &[u8], ended: bool) -> Verdict {
    let reason = match (bytes.len() > than, ended) {
        (true, _) => Reason::Size,
        (false, true) => Reason::End,
        (false, false) => return Verdict::More,
    };
    Verdict::Take(Taken { consumed: 0, data: 0..bytes.len(), reason, marker: 0, items: 1 })
}
