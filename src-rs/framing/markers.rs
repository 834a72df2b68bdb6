//! Finding the first of several byte markers, from where the last search stopped; knows no limits and no lines.

use memchr::{memchr, memmem};

use super::{
    boundary::{Boundary, LOOKAHEAD, Walk},
    effort::spend,
};

/// The first window in which several markers are searched; each next one is twice as large, so that a marker
/// that never comes costs no more than what is found, and an answer that is near is not paid by the length of
/// the buffer.
const FIRST_WINDOW: usize = 128;

/// One or several markers.
///
/// The marker that **ends** first wins, since that is the one a peer completes first, in whatever pieces it
/// sends. Of those that end at the same byte the longest wins.
#[derive(Clone, Debug)]
pub struct Markers {
    patterns: Vec<Pattern>,
    longest: usize,
    shortest: usize,
    boundary: Boundary,
}

#[derive(Clone, Debug)]
struct Pattern {
    bytes: Vec<u8>,
    /// Absent for one byte, where memchr needs none.
    finder: Option<Box<memmem::Finder<'static>>>,
    /// Whether every occurrence is at the begin of a character.
    anywhere: bool,
}

/// Where a search stopped, kept by the read that waits. It may be handed to a later read with the same
/// markers that begins at the same byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scan {
    /// No marker ends at or before this place.
    searched: usize,
    /// At most the longest marker behind `searched`, unless a character is incomplete.
    walk: Walk,
}

/// The place of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
}

impl Scan {
    /// The same place for markers that are longer than those searched, whose characters are walked anew.
    pub(super) fn unwalked(self) -> Scan {
        Scan { walk: Walk::default(), ..self }
    }
}

impl Markers {
    /// Prepares a search for `markers` that begin at a `boundary`.
    ///
    /// # Panics
    /// If there is no marker or one is empty: a caller has to have checked that.
    pub fn new(markers: &[&[u8]], boundary: Boundary) -> Markers {
        let patterns: Vec<_> = markers
            .iter()
            .map(|bytes| Pattern {
                bytes: bytes.to_vec(),
                finder: (bytes.len() > 1).then(|| Box::new(memmem::Finder::new(bytes).into_owned())),
                anywhere: boundary.begins_at(bytes[0]),
            })
            .collect();
        let boundary = if patterns.iter().all(|pattern| pattern.anywhere) { Boundary::Any } else { boundary };
        let lengths = || patterns.iter().map(|pattern| pattern.bytes.len());
        let (longest, shortest) =
            (lengths().max().expect("at least one marker"), lengths().min().expect("at least one marker"));
        Markers { patterns, longest, shortest, boundary }
    }

    /// Whether these are the same markers in the same order.
    pub fn same(&self, markers: &[&[u8]]) -> bool {
        self.patterns.len() == markers.len()
            && self.patterns.iter().zip(markers).all(|(pattern, bytes)| pattern.bytes == *bytes)
    }

    /// The fewest bytes a marker has.
    pub(super) fn shortest(&self) -> usize {
        self.shortest
    }

    /// How many bytes must be looked at to know every marker that starts at or before `latest`.
    pub(super) fn reach(&self, latest: usize) -> usize {
        latest.saturating_add(self.longest + LOOKAHEAD)
    }

    /// The byte that is the only marker, if there is one byte and it may be anywhere.
    pub(super) fn plain_byte(&self) -> Option<u8> {
        match &self.patterns[..] {
            [pattern] if pattern.bytes.len() == 1 && pattern.anywhere => Some(pattern.bytes[0]),
            _ => None,
        }
    }

    /// The marker that wins, from where `scan` stopped. `complete` says that no byte follows that could
    /// finish a character at the end.
    pub(super) fn search(&self, bytes: &[u8], complete: bool, scan: &mut Scan) -> Option<Hit> {
        let mut window = if self.patterns.len() == 1 { bytes.len() } else { FIRST_WINDOW };
        while scan.searched < bytes.len() {
            let end = bytes.len().min(scan.searched.saturating_add(window));
            let mut best: Option<(Hit, bool)> = None;
            for pattern in &self.patterns {
                let until = best.map_or(end, |(hit, _)| hit.end);
                if let Some((start, sure)) = self.first(pattern, bytes, until, complete, scan) {
                    let hit = Hit { start, end: start + pattern.bytes.len() };
                    if best.is_none_or(|(best, _)| (hit.end, hit.start) < (best.end, best.start)) {
                        best = Some((hit, sure));
                    }
                }
            }
            scan.searched = best.map_or(end, |(hit, _)| hit.end - 1);
            self.boundary.advance(bytes, (scan.searched + 1).saturating_sub(self.longest), &mut scan.walk);
            if let Some((hit, sure)) = best {
                // Whether an unsure one is a hit decides whether any later one may be: all have to wait.
                return sure.then_some(hit);
            }
            window = window.saturating_mul(2);
        }
        None
    }

    /// Where `pattern` first is, ending beyond what was searched and not after `until`; and whether that is
    /// sure.
    fn first(
        &self,
        pattern: &Pattern,
        bytes: &[u8],
        until: usize,
        complete: bool,
        scan: &Scan,
    ) -> Option<(usize, bool)> {
        let mut from = (scan.searched + 1).saturating_sub(pattern.bytes.len());
        let mut walk = scan.walk;
        while from < until {
            let start = from + pattern.find(&bytes[from..until])?;
            let is_begin =
                if pattern.anywhere { Some(true) } else { self.boundary.is_begin(bytes, start, &mut walk) };
            match is_begin {
                Some(true) => return Some((start, true)),
                None if !complete => return Some((start, false)),
                _ => from = start + 1,
            }
        }
        None
    }

    /// Whether bytes yet to come may complete a marker that starts at or before `latest`, after a search of
    /// all `bytes` found none.
    pub(super) fn may_complete(&self, bytes: &[u8], latest: usize, scan: &Scan) -> bool {
        if bytes.len() <= latest {
            return true;
        }
        self.patterns.iter().any(|pattern| {
            let mut walk = scan.walk;
            let from = (scan.searched + 1).saturating_sub(pattern.bytes.len());
            (from..=latest).any(|start| {
                let tail = &bytes[start..];
                let common = tail.len().min(pattern.bytes.len());
                spend(1);
                tail[..common] == pattern.bytes[..common]
                    && (pattern.anywhere || self.boundary.is_begin(bytes, start, &mut walk) != Some(false))
            })
        })
    }
}

impl Pattern {
    fn find(&self, haystack: &[u8]) -> Option<usize> {
        let found = match &self.finder {
            None => memchr(self.bytes[0], haystack),
            Some(finder) => finder.find(haystack),
        };
        spend(found.map_or(haystack.len(), |at| at + self.bytes.len()));
        found
    }
}
