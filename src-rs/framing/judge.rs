//! Whether the bytes so far are what a read waits for; knows no time, no queue and no encodings.
//!
//! A verdict is a function of the bytes since the read's begin and of whether the stream ended after them.
//! However they were cut on their way, the last verdict is the same: a limit is reported once no further byte
//! could help.

use super::{
    buffer::BLOCK,
    frame::{Header, Prefix},
    lines::{Line, LineRule},
    markers::{Markers, Scan},
    want::{Reason, Taken, Verdict, Want},
};

impl Want {
    /// Judges `bytes`, all that are buffered; `ended` says that no others follow. `scan` is the waiting
    /// read's own.
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
        };
        if let Verdict::Take(taken) = &verdict
            && taken.consumed > 0
        {
            // The place it speaks of is gone.
            *scan = Scan::default();
        }
        verdict
    }
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
        len => Verdict::Take(Taken::data(len.min(max), Reason::Size)),
    }
}

fn exactly(size: usize, bytes: &[u8], ended: bool) -> Verdict {
    if bytes.len() >= size {
        Verdict::Take(Taken::data(size, Reason::Size))
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
    match markers.search(area, ended, scan) {
        Some(hit) if hit.start <= max_size => Verdict::Take(Taken {
            consumed: hit.end,
            data: 0..if keep { hit.end } else { hit.start },
            reason: Reason::Marker,
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
        Line::Open => return Verdict::Take(Taken::data(bytes.len(), Reason::End)),
    };
    let single = || {
        let data = 0..if keep { hit.end } else { data };
        Taken { consumed: hit.end, data, reason: Reason::Marker, items: 1 }
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
    Verdict::Take(Taken { consumed, data, reason: Reason::Marker, items })
}

fn all(max_size: usize, bytes: &[u8], ended: bool) -> Verdict {
    if bytes.len() > max_size {
        Verdict::Limit { size: max_size, found: ended }
    } else if ended {
        Verdict::Take(Taken::data(bytes.len(), Reason::End))
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
    Verdict::Take(Taken { consumed, data, reason: Reason::Size, items })
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
            items: 1,
        });
    }
    if is_full {
        Verdict::Take(Taken::data(max_size, Reason::Size))
    } else if ended {
        Verdict::Take(Taken::data(area.len(), Reason::End))
    } else {
        Verdict::More
    }
}
