//! Labels, decoding and encoding in every encoding there is, and the promise that lets lines be decoded together.

use std::{borrow::Cow, rc::Rc};

use encoding_rs::Encoding;
use proptest::{collection::vec, prelude::*};

use super::{Label, Text, Unmappable};
use crate::framing::{Reason, Scan, Verdict, Want};

/// One label of each encoding.
const LABELS: [&str; 42] = [
    "latin1",
    "ascii",
    "utf-8",
    "ibm866",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "x-user-defined",
    "gbk",
    "gb18030",
    "big5",
    "euc-jp",
    "iso-2022-jp",
    "shift_jis",
    "euc-kr",
    "utf-16le",
    "utf-16be",
    "binary",
];

fn label(name: &str) -> Label {
    Label::parse(name).unwrap_or_else(|| panic!("{name} is a label"))
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn decoded(name: &str, bytes: &[u8]) -> (Vec<u16>, bool) {
    let (text, malformed) = label(name).decode(bytes);
    (flat(&text), malformed)
}

fn flat(text: &Text<'_>) -> Vec<u16> {
    match text {
        Text::Latin1(bytes) => bytes.iter().map(|&byte| u16::from(byte)).collect(),
        Text::Utf8(text) => units(text),
        Text::Utf16(units) => units.clone(),
    }
}

#[test]
fn labels_are_known_as_users_write_them() {
    let same = [
        ["utf8", "UTF-8"],
        [" Utf8\t", "unicode-1-1-utf-8"],
        ["utf16le", "UTF-16LE"],
        ["ucs2", "utf-16le"],
        ["ucs-2", "utf-16"],
        ["binary", "LATIN1"],
        ["cp866", "IBM866"],
        ["cp1251", "windows-1251"],
        ["koi8-r", "KOI8_R"],
        ["gbk", "gb2312"],
        ["shift-jis", "sjis"],
        ["iso-8859-1", "windows-1252"],
        ["us-ascii", "cp1252"],
    ];
    for [one, other] in same {
        assert_eq!(label(one), label(other), "{one}, {other}");
    }
    assert_ne!(label("latin1"), label("iso-8859-1"));
    assert_ne!(label("ascii"), label("latin1"));
    for name in
        ["", " ", "utf", "cp437", "hex", "base64", "base64url", "replacement", "iso-2022-kr", "utf-7", "é"]
    {
        assert_eq!(Label::parse(name), None, "{name:?}");
    }
}

#[test]
fn latin1_is_every_byte_as_its_own_character() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(label("binary").decode(&bytes), (Text::Latin1(Cow::Borrowed(&bytes)), false));
    assert_eq!(label("latin1").encode(&[0x41, 0xE9, 0x20AC, 0xD800]), Ok(vec![0x41, 0xE9, 0xAC, 0x00]));
}

#[test]
fn ascii_ignores_the_high_bit_as_node_does() {
    assert_eq!(decoded("ascii", b"a\xE1\x8A"), (units("aa\n"), false));
    assert_eq!(label("ascii").encode(&units("aé")), Ok(b"a\xE9".to_vec()));
}

#[test]
fn text_that_is_ascii_is_lent_and_not_copied() {
    for name in LABELS {
        let lends = matches!(label(name).decode(b"plain text"), (Text::Latin1(Cow::Borrowed(_)), false));
        assert_eq!(lends, !["iso-2022-jp", "utf-16le", "utf-16be"].contains(&name), "{name}");
    }
}

#[test]
fn malformed_bytes_become_the_replacement_character() {
    assert_eq!(decoded("utf8", b"a\xFFb\xE2\x82"), (units("a\u{FFFD}b\u{FFFD}"), true));
    assert_eq!(decoded("utf-16le", b"a\0\0\xD8b\0c"), (units("a\u{FFFD}b\u{FFFD}"), true));
    assert_eq!(decoded("shift_jis", b"\x95\x5C\x81"), (units("表\u{FFFD}"), true));
    assert_eq!(decoded("utf8", "é".as_bytes()), (units("é"), false));
}

#[test]
fn a_byte_order_mark_is_a_character() {
    assert_eq!(decoded("utf8", b"\xEF\xBB\xBFa").0, units("\u{FEFF}a"));
    assert_eq!(decoded("utf-16le", b"\xFF\xFEa\0").0, units("\u{FEFF}a"));
    assert_eq!(decoded("windows-1251", b"\xFF\xFEa").0, units("яюa"));
}

#[test]
fn text_in_many_scripts_is_decoded_as_it_was_encoded() {
    for (name, text, bytes) in [
        ("cp866", "Привет", &b"\x8F\xE0\xA8\xA2\xA5\xE2"[..]),
        ("windows-1251", "Привет", b"\xCF\xF0\xE8\xE2\xE5\xF2"),
        ("koi8-r", "Привет", b"\xF0\xD2\xC9\xD7\xC5\xD4"),
        ("gbk", "你好", b"\xC4\xE3\xBA\xC3"),
        ("iso-2022-jp", "日本", b"\x1B$BF|K\\\x1B(B"),
        ("utf-16be", "a😀", b"\0a\xD8\x3D\xDE\x00"),
        ("utf8", "a😀", "a😀".as_bytes()),
        ("iso-8859-1", "€", b"\x80"),
    ] {
        assert_eq!(label(name).encode(&units(text)).as_deref(), Ok(bytes), "{name}");
        assert_eq!(decoded(name, bytes), (units(text), false), "{name}");
    }
}

#[test]
fn a_character_that_the_encoding_lacks_is_named() {
    assert_eq!(label("koi8-r").encode(&units("да😀")), Err(Unmappable('😀')));
    assert_eq!(label("shift_jis").encode(&[0xD800]), Err(Unmappable('\u{FFFD}')));
    assert_eq!(Unmappable('€').to_string(), "the encoding has no '€' (U+20AC)");
    assert!(label("koi8-r").line_rule(&units("€"), false).is_err());
}

#[test]
fn lone_surrogates_are_replaced_in_utf_8_and_kept_in_utf_16() {
    assert_eq!(label("utf8").encode(&[0x61, 0xDC00, 0xD800]), Ok(b"a\xEF\xBF\xBD\xEF\xBF\xBD".to_vec()));
    assert_eq!(label("utf-16le").encode(&[0xD800, 0x61]), Ok(b"\x00\xD8a\0".to_vec()));
}

#[test]
fn long_texts_are_encoded_whole() {
    for name in ["gb18030", "iso-2022-jp", "euc-jp"] {
        let text = units(&"あa".repeat(100_000));
        let bytes = label(name).encode(&text).unwrap();
        assert_eq!(decoded(name, &bytes), (text, false), "{name}");
    }
}

#[test]
fn a_carriage_return_ends_lines_only_with_a_newline_that_goes() {
    let rule = |name: &str, marker: &str, keep| label(name).line_rule(&units(marker), keep).unwrap();
    assert_eq!(rule("utf8", "\n", false).carriage_return, b"\r");
    assert_eq!(rule("utf8", "\n", true).carriage_return, b"");
    assert_eq!(rule("utf8", ";", false).carriage_return, b"");
    let wide = rule("utf-16be", "\n", false);
    assert_eq!((wide.marker, wide.carriage_return), (b"\0\n".to_vec(), b"\0\r".to_vec()));
}

#[test]
fn lines_can_be_decoded_together_where_a_marker_cannot_be_part_of_a_character() {
    let splits =
        |name: &str, region: &[u8], marker: &str| label(name).splits_after_decoding(region, &units(marker));
    for name in LABELS {
        assert!(splits(name, b"plain\ntext", "\n"), "{name}");
    }
    assert!(splits("utf8", "é".as_bytes(), ";"));
    assert!(!splits("utf8", b"", "é"));
    assert!(splits("latin1", b"\xE9", "é") && !splits("latin1", b"", "Ċ"));
    assert!(!splits("ascii", b"\x8A", "\n"));
    assert!(splits("gbk", b"\xC4\xE3", "\n") && !splits("gbk", b"", "0") && !splits("big5", b"", "\\"));
    assert!(!splits("iso-2022-jp", b"\x1B(B", "\n"));
    assert!(!splits("utf-16le", b"a", "\n"));
}

/// Lines of `bytes` as framing finds them, each decoded; and all but the unfinished last one as one region.
fn lines_apart(label: Label, bytes: &[u8], marker: &[u16]) -> (Vec<Vec<u16>>, Vec<u8>) {
    let rule = Rc::new(label.line_rule(marker, true).unwrap());
    let want = Want::Lines { rule: rule.clone(), max_size: usize::MAX, keep: true, most: 1 };
    let (mut at, mut lines) = (0, Vec::new());
    while let Verdict::Take(taken) = want.judge(&bytes[at..], true, &mut Scan::default()) {
        if taken.reason != Reason::Marker {
            break;
        }
        let line = &bytes[at..at + taken.consumed - rule.marker.len()];
        lines.push(flat(&label.decode(line).0));
        at += taken.consumed;
    }
    (lines, bytes[..at.saturating_sub(rule.marker.len())].to_vec())
}

fn lines_together(label: Label, region: &[u8], marker: &[u16]) -> Vec<Vec<u16>> {
    let text = flat(&label.decode(region).0);
    let (mut lines, mut start) = (Vec::new(), 0);
    while let Some(at) = text[start..].windows(marker.len()).position(|window| window == marker) {
        lines.push(text[start..start + at].to_vec());
        start += at + marker.len();
    }
    lines.push(text[start..].to_vec());
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn lines_decoded_together_are_those_decoded_apart(
        name in prop::sample::select(LABELS.to_vec()),
        marker in prop::sample::select(vec!["\n", "\n", "\r\n", ";", "aa", "é", "\u{1}"]),
        bytes in vec(prop_oneof![
            any::<u8>(),
            prop::sample::select(b"\n\n\n\r\0\0a05;;\x81\x8E\x8F\xA1\xFE\x1B$B(J\xC3\xA9\xD8".to_vec()),
        ], 0..40),
    ) {
        let (label, marker) = (label(name), units(marker));
        let marker = if label.encode(&marker).is_ok() { marker } else { units("\n") };
        let (apart, region) = lines_apart(label, &bytes, &marker);
        if !apart.is_empty() && label.splits_after_decoding(&region, &marker) {
            prop_assert_eq!(lines_together(label, &region, &marker), apart);
        }
    }

    /// Characters that are encoded alone and found in the text are found in its bytes at the same place.
    #[test]
    fn markers_in_well_formed_text_are_found_where_its_characters_are(
        name in prop::sample::select(vec!["gbk", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr", "utf-16le", "utf8"]),
        marker in prop::sample::select(vec!["\n", "\\", "0", "A", "あ", "|~"]),
        text in vec(prop::sample::select("あ表ソ本一中語\\\\0Aa|~é\u{4E04}\u{20087}\n".chars().collect::<Vec<_>>()), 0..30),
    ) {
        let label = label(name);
        let text: String = text.into_iter().filter(|&c| label.encode(&units(&c.to_string())).is_ok()).collect();
        let marker = if label.encode(&units(marker)).is_ok() { marker } else { "\n" };
        let bytes = label.encode(&units(&text)).unwrap();
        let (lines, _) = lines_apart(label, &bytes, &units(marker));
        let mut expected: Vec<_> = text.split(marker).map(units).collect();
        expected.pop();
        prop_assert_eq!(lines, expected);
    }
}

#[test]
fn no_high_byte_of_a_single_byte_encoding_is_an_ascii_character() {
    for name in LABELS {
        let encoding = Encoding::for_label(name.as_bytes()).filter(|encoding| encoding.is_single_byte());
        for byte in (0x80..=0xFF).filter(|_| encoding.is_some() && name != "ascii") {
            assert!(decoded(name, &[byte]).0[0] >= 0x80, "{name} {byte:#x}");
        }
    }
}
