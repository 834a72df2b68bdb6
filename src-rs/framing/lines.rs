//! Lines: where one ends and what of it is data; knows markers as bytes, not the encoding they came from.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::{
    boundary::Boundary,
    buffer::BLOCK,
    effort::spend,
    markers::{Hit, Markers, Scan},
};

/// What ends a line.
#[derive(Clone, Debug)]
pub struct LineRule {
    /// The bytes that end a line.
    pub marker: Vec<u8>,
    /// The bytes that count as part of the marker where they come before it (`\r`, encoded); empty for none.
    pub carriage_return: Vec<u8>,
    ends: Markers,
    /// Carriage return and marker as one, for limits: a line that fits is not too long because of its `\r`.
    wide_ends: Option<Markers>,
}

/// What is known of the line that the bytes begin with.
pub(super) enum Line {
    /// It ends at `hit`; `data` bytes of it remain when marker and carriage return are gone.
    Whole { data: usize, hit: Hit },
    /// Its end has not come yet.
    Open,
    /// It is longer than the limit.
    TooLong { found: bool },
}

impl LineRule {
    /// Lines that end with `marker` at a `boundary`, or with `carriage_return` and `marker` if that is not
    /// empty.
    ///
    /// # Panics
    /// If the marker is empty: a caller has to have checked that.
    pub fn new(marker: Vec<u8>, carriage_return: Vec<u8>, boundary: Boundary) -> LineRule {
        let ends = Markers::new(&[&marker], boundary);
        let wide_ends = (!carriage_return.is_empty())
            .then(|| Markers::new(&[&[&carriage_return[..], &marker].concat()], boundary));
        LineRule { marker, carriage_return, ends, wide_ends }
    }

    /// How many bytes the first `lines` lines of `bytes` take, markers included; all of them if there are
    /// fewer.
    pub fn skip(&self, bytes: &[u8], lines: usize) -> usize {
        let mut at = 0;
        for _ in 0..lines {
            match self.next_end(&bytes[at..]) {
                Some(hit) => at += hit.end,
                None => return bytes.len(),
            }
        }
        at
    }

    /// The places of the lines in `region`, which is what [`Taken::data`](super::Taken) names when it holds
    /// several: it lacks the last line's marker.
    ///
    /// With `keep` each place includes its marker; the last one then ends beyond the region, at the end of
    /// what was consumed. Without, neither marker nor carriage return is included.
    pub fn split<'a>(&'a self, region: &'a [u8], keep: bool) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let (data_end, end) = match self.next_end(&region[start..]) {
                Some(hit) => {
                    next = Some(start + hit.end);
                    (start + hit.start, start + hit.end)
                }
                None => {
                    next = None;
                    (region.len(), region.len() + self.marker.len())
                }
            };
            Some(if keep { start..end } else { start..start + self.stripped(&region[start..data_end]) })
        })
    }

    /// Whether `region` may hold a carriage return that [`LineRule::split`] would take away; `false` is
    /// certain.
    pub fn has_carriage_return(&self, region: &[u8]) -> bool {
        match &self.carriage_return[..] {
            [] => false,
            [byte] => memchr(*byte, region).is_some(),
            bytes => memmem::find(region, bytes).is_some(),
        }
    }

    /// What `bytes` begin with, from where `scan` stopped, if at most `max_size` bytes of data may be in a
    /// line.
    pub(super) fn first(
        &self,
        bytes: &[u8],
        ended: bool,
        max_size: usize,
        keep: bool,
        scan: &mut Scan,
    ) -> Line {
        let wide = self.wide_ends.as_ref().filter(|_| !keep);
        let reach = wide.unwrap_or(&self.ends).reach(max_size);
        let area = &bytes[..bytes.len().min(reach)];
        if let Some(hit) = self.ends.search(area, ended, scan) {
            let data = if keep { hit.start } else { self.stripped(&bytes[..hit.start]) };
            return if data <= max_size { Line::Whole { data, hit } } else { Line::TooLong { found: true } };
        }
        let may_end = self.ends.may_complete(area, max_size, scan)
            || wide.is_some_and(|wide| wide.may_complete(area, max_size, &scan.unwalked()));
        if may_end { Line::Open } else { Line::TooLong { found: false } }
    }

    /// After a first line up to `first_end`: the last marker that ends within a block, and how many lines end
    /// up to it, where that needs no look at each line. `None` where it does.
    pub(super) fn all_in_block(
        &self,
        bytes: &[u8],
        first_end: usize,
        max_size: usize,
    ) -> Option<(usize, u32)> {
        let byte = self.ends.plain_byte()?;
        let block = &bytes[..bytes.len().min(BLOCK)];
        // No line in a block that is itself within the limit can be too long.
        if block.len() > max_size || first_end > block.len() {
            return None;
        }
        spend(block.len() - first_end);
        let last = memrchr(byte, &block[first_end..]).map_or(first_end, |at| first_end + at + 1);
        let more = memchr_iter(byte, &block[first_end..last]).count();
        Some((last, 1 + more as u32))
    }

    /// The length of `line` without the carriage return at its end.
    fn stripped(&self, line: &[u8]) -> usize {
        line.len() - if line.ends_with(&self.carriage_return) { self.carriage_return.len() } else { 0 }
    }

    fn next_end(&self, bytes: &[u8]) -> Option<Hit> {
        self.ends.search(bytes, true, &mut Scan::default())
    }
}
