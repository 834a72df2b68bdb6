//! SOCKS4's messages, right, cut and wrong in every byte.

use std::net::Ipv6Addr;

use proptest::{collection::vec, prelude::*};

use super::{
    super::reply::tests::{for_each_wrong_byte, judge_all_cuts, told},
    *,
};

const YES: [u8; REPLY] = [0, 90, 0x1F, 0x90, 127, 0, 0, 1];

fn ipv4(a: u8, b: u8, c: u8, d: u8) -> Destination<'static> {
    Destination::Ip(Ipv4Addr::new(a, b, c, d).into())
}

#[test]
fn a_request_carries_an_address_or_a_name_behind_its_mark() {
    assert_eq!(request(ipv4(192, 0, 2, 7), 8080, "").unwrap(), b"\x04\x01\x1f\x90\xc0\x00\x02\x07\0");
    assert_eq!(request(ipv4(192, 0, 2, 7), 80, "fred").unwrap(), b"\x04\x01\0\x50\xc0\x00\x02\x07fred\0");
    let name = Destination::Name("example.com");
    assert_eq!(request(name, 443, "").unwrap(), b"\x04\x01\x01\xbb\0\0\0\x01\0example.com\0");
    assert_eq!(request(name, 443, "fred").unwrap(), b"\x04\x01\x01\xbb\0\0\0\x01fred\0example.com\0");
}

#[test]
fn a_user_has_0_to_255_bytes_and_no_nul() {
    for destination in [ipv4(127, 0, 0, 1), Destination::Name("a")] {
        for len in [0, 1, 127, 128, 255, 256, 257, 512] {
            match request(destination, 80, &"u".repeat(len)) {
                Ok(packet) => assert!(len <= 255 && packet.len() >= len + 9),
                Err(unfit) => {
                    let wanted = format!("a user has 0 to 255 bytes in SOCKS4, this one {len}");
                    assert!(len > 255 && unfit.message == wanted, "{unfit}");
                }
            }
        }
        for user in ["\0", "canary\0", "\0canary", "can\0ary"] {
            let unfit = request(destination, 80, user).unwrap_err();
            assert!(unfit.message.contains("NUL") && !unfit.message.contains("can"), "{unfit}");
        }
        assert!(request(destination, 80, "a b\r\n:@\u{e4}").is_ok());
    }
}

#[test]
fn ipv6_and_the_addresses_that_announce_a_name_are_refused() {
    for ip in [Ipv6Addr::LOCALHOST, "::ffff:1.2.3.4".parse().unwrap()] {
        let unfit = request(Destination::Ip(ip.into()), 80, "").unwrap_err();
        assert_eq!(unfit.message, "SOCKS4 knows no IPv6 addresses; SOCKS5 does");
    }
    for last in 1..=255 {
        assert!(request(ipv4(0, 0, 0, last), 80, "").is_err());
    }
    for (c, last) in [(0, 0), (1, 1), (255, 255)] {
        assert!(request(ipv4(0, 0, c, last), 80, "").is_ok());
    }
}

#[test]
fn every_reply_has_one_verdict_however_it_is_cut() {
    for with_user in [false, true] {
        let all_cuts = |whole: &[u8]| judge_all_cuts(whole, || move |bytes: &[u8]| reply(bytes, with_user));
        assert_eq!(all_cuts(&YES), Verdict::Done { value: (), used: 8 });
        for len in 0..YES.len() {
            assert_eq!(reply(&YES[..len], with_user), Verdict::More);
        }
        for number in (0..=255).filter(|&number| number != 90) {
            let verdict = all_cuts(&[0, number, 0, 0, 0, 0, 0, 0]);
            assert_eq!(reply(&[0, number], with_user), verdict, "a proxy may close behind the number");
            let Verdict::Wrong(wrong) = verdict else { panic!("{number}: {verdict:?}") };
            assert_eq!(wrong.reply().map(|reply| reply.number), Some(number.into()));
            let code = if matches!(number, 92 | 93) { "ERR_PROXY_AUTH" } else { "ERR_PROXY_REFUSED" };
            assert_eq!(wrong.code(), code, "{number}");
            if let Wrong::Auth { login_given, .. } = wrong {
                assert_eq!(login_given, with_user);
            }
        }
    }
    let sentence = |number| told(reply(&[0, number], true)).1;
    assert_eq!(sentence(91), "the proxy refused: SOCKS4 reply 91, rejected or failed");
    assert!(sentence(92).ends_with("SOCKS4 reply 92, no identd on the client's machine"));
    assert!(sentence(93).ends_with("SOCKS4 reply 93, the client's identd reports another user"));
    assert_eq!(sentence(4), "the proxy refused: SOCKS4 reply 4, not assigned");
}

#[test]
fn no_wrong_byte_makes_a_yes_of_another_meaning() {
    for_each_wrong_byte(&YES, |changed| {
        let is_yes = changed[..2] == [0, 90];
        assert_eq!(reply(changed, false) == Verdict::Done { value: (), used: 8 }, is_yes);
        assert_ne!(reply(changed, false), Verdict::More);
        if changed[0] != 0 {
            assert_eq!(told(reply(&changed[..1], false)).0, "ERR_PROXY_PROTOCOL");
        }
    });
    assert!(told(reply(b"HTTP/1.1 400 Bad Request", false)).1.ends_with("0x48, as HTTP does"));
    assert!(told(reply(&[5, 255], false)).1.ends_with("0x05, as SOCKS5 does"));
}

#[test]
fn a_flood_is_answered_within_a_message() {
    for byte in 0..=255 {
        let flood = vec![byte; 64 * 1024];
        for begin in [&[][..], &[0], &[0, 90]] {
            let bytes = [begin, &flood].concat();
            assert_ne!(reply(&bytes[..8], false), Verdict::More);
            assert_eq!(reply(&bytes[..8], false), reply(&bytes, false));
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_are_judged_alike_however_they_are_cut(
        bytes in vec(prop_oneof![Just(0_u8), 89_u8..95, any::<u8>()], 0..20),
    ) {
        let _ = judge_all_cuts(&bytes, || |bytes: &[u8]| reply(bytes, true));
    }
}
