//! What each read answers, one case a test, with the expected answers spelled out.

use std::rc::Rc;

use super::*;
use crate::framing::{BLOCK, DoubleByte};

fn until_at(marker: &[u8], boundary: Boundary) -> Want {
    Want::Until { markers: Rc::new(Markers::new(&[marker], boundary)), max_size: 100, keep: false }
}

#[test]
fn some_gives_what_is_there_and_then_the_end() {
    check(
        "abc",
        &[Step { want: Want::Some { max: 9 }, count: 4 }],
        &[sized("a"), sized("b"), sized("c"), Seen::End],
    );
    let judged = Want::Some { max: 2 }.judge(b"abc", false, &mut Scan::default());
    assert!(matches!(judged, Verdict::Take(taken) if taken.consumed == 2 && taken.data == (0..2)));
}

#[test]
fn exactly_gives_a_size_or_leaves_everything_for_another_read() {
    let script = [2, 0, 3, 2, 0].map(|size| once(Want::Exactly { size }));
    check("abcd", &script, &[sized("ab"), sized(""), Seen::UnexpectedEnd, sized("cd"), sized("")]);
}

#[test]
fn until_gives_the_data_with_or_without_its_marker() {
    let script =
        [once(until(&["||"], 9, false)), once(until(&["||"], 9, true)), once(until(&["||"], 9, true))];
    check("ab||||c|", &script, &[line("ab"), line("||"), Seen::UnexpectedEnd]);
}

#[test]
fn a_marker_is_found_after_false_starts() {
    let script = [once(until(&["aaab"], 99, false)), once(until(&["aaab"], 99, false))];
    check("aaaaabaaaaab", &script, &[line("aa"), line("aa")]);
}

#[test]
fn the_marker_that_ends_first_wins() {
    let script = [once(until(&["abcd", "c"], 99, false))];
    check("xabcd", &script, &[line("xab")]);
}

#[test]
fn of_markers_that_end_together_the_longest_wins() {
    let script = [once(until(&["\n", "\r\n"], 99, false)), once(until(&["\n", "\r\n"], 99, false))];
    check("x\r\ny\n", &script, &[line("x"), line("y")]);
}

#[test]
fn data_of_exactly_the_limit_is_fine_and_one_byte_more_is_not() {
    check("12345--", &[once(until(&["--"], 5, true))], &[line("12345--")]);
    let script = [once(until(&["--"], 5, true)), once(until(&["--"], 6, true))];
    check("123456--", &script, &[Seen::Limit, line("123456--")]);
}

#[test]
fn a_limit_is_reported_as_soon_as_no_marker_can_begin_within_it() {
    let want = until(&["--"], 3, false);
    let judge = |bytes: &[u8]| want.judge(bytes, false, &mut Scan::default());
    assert_eq!(judge(b"123"), Verdict::More);
    assert_eq!(judge(b"123-"), Verdict::More);
    assert_eq!(judge(b"1234"), Verdict::Limit { size: 3, found: false });
    assert_eq!(judge(b"123-4"), Verdict::Limit { size: 3, found: false });
}

#[test]
fn a_stream_that_ends_within_the_limit_is_not_too_long() {
    check("123-", &[once(until(&["--"], 3, false))], &[Seen::UnexpectedEnd]);
    check("1234", &[once(until(&["--"], 3, false))], &[Seen::Limit]);
}

#[test]
fn with_several_markers_the_limit_counts_up_to_the_winner() {
    check("12ab", &[once(until(&["2ab", "b"], 1, false))], &[line("1")]);
    check("12ab", &[once(until(&["2abc", "b"], 1, false))], &[Seen::Limit]);
}

#[test]
fn lines_lose_their_ends_and_the_last_may_lack_one() {
    for most in [1, 2, 3, u32::MAX] {
        let script = [Step { want: lines(9, false, most), count: 9 }];
        check(
            "a\r\n\n\r\nb\rc\nd\r",
            &script,
            &[line("a"), line(""), line(""), line("b\rc"), rest("d\r"), Seen::End],
        );
    }
}

#[test]
fn lines_keep_their_ends_when_asked() {
    for most in [1, 2, u32::MAX] {
        let script = [Step { want: lines(9, true, most), count: 9 }];
        check("a\r\n\nb", &script, &[line("a\r\n"), line("\n"), rest("b"), Seen::End]);
    }
}

#[test]
fn a_line_of_the_limit_may_end_with_a_carriage_return() {
    for most in [1, u32::MAX] {
        let script = [Step { want: lines(3, false, most), count: 3 }];
        check("123\r\n456\n", &script, &[line("123"), line("456"), Seen::End]);
        check("123\r\r\n", &script, &[Seen::Limit]);
        check("123\r", &script, &[Seen::Limit]);
        check("1234\n", &script, &[Seen::Limit]);
    }
    check("123\r\n", &[once(lines(3, true, 1)), once(lines(4, true, 1))], &[Seen::Limit, line("123\r\n")]);
}

#[test]
fn lines_before_one_that_is_too_long_are_given_first() {
    for most in [1, 7, u32::MAX] {
        let script = [
            Step { want: lines(10, false, most), count: 3 },
            once(lines(60, false, 1)),
            once(lines(60, false, 1)),
        ];
        let tail = "x".repeat(50);
        let input = format!("aaaa\nb\n{tail}");
        check(input, &script, &[line("aaaa"), line("b"), Seen::Limit, rest(&tail), Seen::End]);
        let input = format!("aaaa\nb\n{tail}\nc\n");
        check(input, &script, &[line("aaaa"), line("b"), Seen::Limit, line(&tail), line("c")]);
    }
}

#[test]
fn batches_end_within_a_block_unless_one_line_is_larger() {
    let mut input = vec![b'x'; BLOCK + 5];
    input.push(b'\n');
    input.extend(b"0123456\n".repeat(BLOCK / 8 + 2));
    let mut at = 0;
    for (most, consumed, items) in
        [(u32::MAX, BLOCK + 6, 1), (u32::MAX, BLOCK, BLOCK as u32 / 8), (5, 16, 2), (5, 0, 0)]
    {
        match lines(usize::MAX, false, most).judge(&input[at..], false, &mut Scan::default()) {
            Verdict::Take(taken) => assert_eq!((taken.consumed, taken.items), (consumed, items)),
            verdict => assert_eq!((verdict, items), (Verdict::More, 0)),
        }
        at += consumed;
    }
}

#[test]
fn a_batch_of_lines_ends_with_the_last_that_is_whole_in_a_block() {
    let input = b"012345\n".repeat(BLOCK);
    for most in [u32::MAX, u32::MAX - 1] {
        let judged = lines(usize::MAX, false, most).judge(&input, false, &mut Scan::default());
        assert!(matches!(judged, Verdict::Take(taken) if taken.consumed == BLOCK / 7 * 7));
    }
}

#[test]
fn a_batch_of_frames_ends_within_a_block() {
    let input = b"\x02ab".repeat(BLOCK);
    let judged = frames(Prefix::U8, 9, u32::MAX).judge(&input, false, &mut Scan::default());
    assert!(matches!(judged, Verdict::Take(taken) if taken.consumed == BLOCK / 3 * 3));
}

#[test]
fn a_batch_is_the_same_with_and_without_a_look_at_each_line() {
    let input = b"one\ntwo\r\n\nthree\nfo";
    let judge = |most| lines(99, false, most).judge(input, false, &mut Scan::default());
    assert_eq!(judge(u32::MAX), judge(u32::MAX - 1));
    let Verdict::Take(taken) = judge(u32::MAX) else { panic!() };
    assert_eq!((taken.consumed, taken.data, taken.items), (16, 0..15, 4));
}

#[test]
fn utf_16_lines_end_at_whole_units_only() {
    let encode = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let rule = Rc::new(LineRule::new(encode("\n"), encode("\r"), Boundary::Even));
    for most in [1, u32::MAX] {
        let want = Want::Lines { rule: rule.clone(), max_size: 6, keep: false, most };
        // U+0A61 U+0000 holds the bytes 0A 00 at an odd place.
        let input = encode("\u{0A61}\0\r\nab\r\r\nabc\r\nabcd");
        assert!(input.windows(2).any(|pair| pair == [0x0A, 0x00]));
        check(
            input,
            &[Step { want, count: 9 }],
            &[line(encode("\u{0A61}\0")), line(encode("ab\r")), line(encode("abc")), Seen::Limit],
        );
    }
}

#[test]
fn a_marker_is_not_found_inside_a_double_byte_character() {
    // In Shift_JIS 表 is 95 5C, and 5C alone is a backslash.
    let script = [once(until_at(b"\\", Boundary::DoubleByte(DoubleByte::ShiftJis)))];
    check(b"\x95\x5C\x95\x5C\\", &script, &[line(b"\x95\x5C\x95\x5C")]);
    check(b"\x95\x5C", &script, &[Seen::UnexpectedEnd]);
    // In GB18030 81 30 81 30 is one character, 81 30 an unfinished one, and 30 alone is a digit.
    let script = [once(until_at(b"0", Boundary::DoubleByte(DoubleByte::Gb18030)))];
    check(b"\x81\x30\x81\x300", &script, &[line(b"\x81\x30\x81\x30")]);
    check(b"\x81\x30A", &script, &[line(b"\x81")]);
    check(b"\x81\x30", &script, &[Seen::UnexpectedEnd]);
}

#[test]
fn a_character_that_tells_only_later_whether_a_marker_is_in_it_does_not_pass_the_limit() {
    let until = |marker: &[u8]| Want::Until {
        markers: Rc::new(Markers::new(&[marker], Boundary::DoubleByte(DoubleByte::Gb18030))),
        max_size: 1,
        keep: false,
    };
    check(b"\x81\x30A", &[once(until(b"0"))], &[line(b"\x81")]);
    check(b"\x81\x30x", &[once(until(b"0x"))], &[line(b"\x81")]);
}

#[test]
fn a_carriage_return_of_a_multi_byte_encoding_may_complete_a_line_of_the_limit() {
    let boundary = Boundary::DoubleByte(DoubleByte::ShiftJis);
    let rule = Rc::new(LineRule::new(b"0".to_vec(), b"A".to_vec(), boundary));
    let want = Want::Lines { rule, max_size: 1, keep: false, most: 1 };
    check("1A0", &[once(want)], &[line("1")]);
}

#[test]
fn a_marker_is_found_in_the_ascii_parts_of_iso_2022_jp_only() {
    let script = [once(until_at(b"!", Boundary::Iso2022Jp))];
    check(b"a\x1B$B!!0!\x1B(B!", &script, &[line(b"a\x1B$B!!0!\x1B(B")]);
    let script = [once(until_at(b"\\", Boundary::Iso2022Jp))];
    check(b"\x1B(J\\\x1B(I\\\x1B(B\\", &script, &[line(b"\x1B(J\\\x1B(I\\\x1B(B")]);
    let script = [once(until_at(b"\n", Boundary::Iso2022Jp))];
    check(b"\x1B$B!\n", &script, &[line(b"\x1B$B!")]);
}

#[test]
fn all_gives_everything_within_its_limit() {
    check(
        "abc",
        &[once(Want::All { max_size: 2 }), once(Want::All { max_size: 3 }), once(Want::All { max_size: 0 })],
        &[Seen::Limit, rest("abc"), rest("")],
    );
}

#[test]
fn frames_end_between_frames_and_not_within_one() {
    for most in [1, 2, u32::MAX] {
        let script = [Step { want: frames(Prefix::U16be, 5, most), count: 9 }];
        check(b"\0\x02ab\0\0\0\x01c", &script, &[sized("ab"), sized(""), sized("c"), Seen::End]);
        check(b"\0\x02ab\0", &script, &[sized("ab"), Seen::UnexpectedEnd]);
        check(b"\0\x02ab\0\x03ab", &script, &[sized("ab"), Seen::UnexpectedEnd]);
    }
}

#[test]
fn a_frame_over_its_limit_is_known_by_its_length_alone() {
    for most in [1, u32::MAX] {
        let script =
            [Step { want: frames(Prefix::U16be, 2, most), count: 3 }, once(frames(Prefix::U16be, 3, most))];
        check(b"\0\x02ab\0\x03abc", &script, &[sized("ab"), Seen::Limit, sized("abc")]);
        check(b"\0\x02ab\0\x03a", &script, &[sized("ab"), Seen::Limit, Seen::UnexpectedEnd]);
    }
    let mut huge = vec![0xFF; 8];
    huge.push(0);
    check(
        &huge,
        &[once(frames(Prefix::U64le, usize::MAX, 1))],
        &[if usize::BITS == 64 { Seen::UnexpectedEnd } else { Seen::Limit }],
    );
}

#[test]
fn a_malformed_varint_is_reported_after_the_frames_before_it() {
    let mut input = b"\x01a".to_vec();
    input.extend([0xFF; 9]);
    input.push(2);
    let script = [Step { want: frames(Prefix::Varint, 9, u32::MAX), count: 9 }];
    check(&input, &script, &[sized("a"), Seen::Malformed]);
    check(&input[..11], &script, &[sized("a"), Seen::UnexpectedEnd]);
}

#[test]
fn receive_gives_whatever_comes_before_the_first_of_marker_size_and_end() {
    let script = [
        once(receive("--", 9, false)),
        once(receive("--", 4, true)),
        once(receive("--", 3, true)),
        once(receive("", 9, true)),
        once(receive("", 9, true)),
    ];
    check("a--12--12--", &script, &[line("a"), line("12--"), sized("12-"), rest("-"), rest("")]);
}

#[test]
fn receive_is_decided_by_the_bytes_within_its_size() {
    let markers = Rc::new(Markers::new(&[b"0"], Boundary::DoubleByte(DoubleByte::Gb18030)));
    let want = Want::Receive { markers: Some(markers), max_size: 2, keep: false };
    check(b"\x81\x30A", &[once(want)], &[sized(b"\x81\x30")]);
    // The digit is never known to be one; only then may the marker that ends after it win.
    let markers = Markers::new(&[b"0", b"\x81\x30\x81"], Boundary::DoubleByte(DoubleByte::Gb18030));
    let want = Want::Receive { markers: Some(Rc::new(markers)), max_size: 3, keep: false };
    check(b"\x81\x30\x81", &[once(want)], &[line("")]);
}

#[test]
fn the_least_a_read_needs_is_never_nothing() {
    assert_eq!(Want::Exactly { size: 10 }.least(4), 6);
    assert_eq!(Want::Exactly { size: 10 }.least(12), 1);
    assert_eq!(until(&["abc", "de"], 99, true).least(0), 2);
    assert_eq!(frames(Prefix::U32be, 9, 1).least(1), 3);
    assert_eq!(lines(9, false, 1).least(0), 1);
}

#[test]
fn lines_given_back_are_counted_with_their_markers() {
    let rule = LineRule::new(b"\n".to_vec(), b"\r".to_vec(), Boundary::Any);
    assert_eq!([0, 1, 2, 3, 4].map(|k| rule.skip(b"a\r\n\nbc\n", k)), [0, 3, 4, 7, 7]);
    assert!(rule.has_carriage_return(b"a\r\nb"));
    assert!(!rule.has_carriage_return(b"a\nb"));
    assert!(!LineRule::new(b"\n".to_vec(), Vec::new(), Boundary::Any).has_carriage_return(b"\r"));
}
