//! The search for markers against the plainest one that could be written, from any place where an earlier one stopped.

use proptest::{collection::vec, prelude::*};

use super::{Boundary, Scan};
use crate::framing::{
    boundary::{DoubleByte, Walk},
    markers::{Hit, Markers},
};

const BOUNDARIES: [Boundary; 8] = [
    Boundary::Any,
    Boundary::Even,
    Boundary::DoubleByte(DoubleByte::Gb18030),
    Boundary::DoubleByte(DoubleByte::Big5),
    Boundary::DoubleByte(DoubleByte::ShiftJis),
    Boundary::DoubleByte(DoubleByte::EucJp),
    Boundary::DoubleByte(DoubleByte::EucKr),
    Boundary::Iso2022Jp,
];

/// The hit that ends first, the longest of those; each place looked at anew.
fn plainest(markers: &[Vec<u8>], boundary: Boundary, bytes: &[u8]) -> Option<Hit> {
    let is_hit = |start: usize, marker: &[u8]| {
        bytes[start..].starts_with(marker)
            && (boundary.begins_at(marker[0])
                || boundary.is_begin(bytes, start, &mut Walk::default()) == Some(true))
    };
    (1..=bytes.len()).find_map(|end| {
        let ending = markers.iter().filter(|marker| marker.len() <= end);
        let starts = ending.map(|marker| (end - marker.len(), marker));
        let hits = starts.filter(|(start, marker)| is_hit(*start, marker));
        hits.map(|(start, _)| Hit { start, end }).min_by_key(|hit| hit.start)
    })
}

/// Bytes that are leads, trails, digits, escapes and letters of the encodings, and often form markers.
pub(super) fn telling_byte() -> impl Strategy<Value = u8> {
    prop::sample::select(b"aab\n\n\n\r\0\x00-01\x81\x81\x95\x8E\x8F\xA1\\\x1B$(BJI!".to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn finds_what_the_plainest_search_finds_however_the_bytes_come(
        boundary in prop::sample::select(BOUNDARIES.to_vec()),
        markers in vec(vec(telling_byte(), 1..4), 1..4),
        bytes in vec(telling_byte(), 0..60),
        padding in prop::sample::select(vec![0_usize, 0, 126, 382]),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let bytes = [vec![b'z'; padding], bytes].concat();
        let expected = plainest(&markers, boundary, &bytes);
        let slices: Vec<_> = markers.iter().map(|marker| &marker[..]).collect();
        let searcher = Markers::new(&slices, boundary);
        prop_assert!(searcher.same(&slices));
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut scan = Scan::default();
        let early = cuts.iter().find_map(|&cut| searcher.search(&bytes[..cut], false, &mut scan));
        let found = early.or_else(|| searcher.search(&bytes, true, &mut scan));
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn markers_are_the_same_only_in_the_same_order() {
    let markers = Markers::new(&[b"a", b"bc"], Boundary::Any);
    assert!(markers.same(&[b"a", b"bc"]));
    for other in [&[&b"bc"[..], b"a"][..], &[b"a"], &[b"a", b"bc", b"d"], &[b"a", b"bd"]] {
        assert!(!markers.same(other));
    }
}
