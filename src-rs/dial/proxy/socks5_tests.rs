//! SOCKS5's messages, right, cut and wrong in every byte.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{collection::vec, prelude::*};

use super::{
    super::reply::tests::{for_each_wrong_byte, judge_all_cuts, told},
    *,
};

const DONE: fn(usize) -> Verdict<()> = |used| Verdict::Done { value: (), used };

/// A yes with each type of address; names of every length.
fn good_replies() -> Vec<Vec<u8>> {
    let name = |len: u8| [&[5, 0, 0, 3, len][..], &vec![b'n'; len.into()], &[0x1F, 0x90]].concat();
    let ipv4 = vec![5, 0, 0, 1, 127, 0, 0, 1, 0x1F, 0x90];
    let ipv6 = [&[5, 0, 0, 4][..], &[0xFE; 16], &[0, 0]].concat();
    [ipv4, ipv6].into_iter().chain((0..=255).map(name)).collect()
}

#[test]
fn the_greeting_offers_a_login_only_if_there_is_one() {
    assert_eq!(greeting(false), [5, 1, 0]);
    assert_eq!(greeting(true), [5, 2, 0, 2]);
}

#[test]
fn a_choice_is_taken_if_it_was_offered() {
    let all_cuts =
        |reply: &[u8], with_login| judge_all_cuts(reply, || move |bytes: &[u8]| choice(bytes, with_login));
    for with_login in [false, true] {
        assert_eq!(choice(&[], with_login), Verdict::More);
        for method in 0..=255 {
            let verdict = all_cuts(&[5, method], with_login);
            match method {
                0 => assert_eq!(verdict, Verdict::Done { value: Method::None, used: 2 }),
                2 if with_login => assert_eq!(verdict, Verdict::Done { value: Method::Login, used: 2 }),
                255 => {
                    let Verdict::Wrong(Wrong::Auth { reply, login_given, offers }) = &verdict else {
                        panic!("{verdict:?}")
                    };
                    assert_eq!((reply.number, *login_given, offers.len()), (255, with_login, 0));
                }
                _ => {
                    let (code, text) = told(verdict);
                    assert_eq!(code, "ERR_PROXY_PROTOCOL");
                    assert!(text.contains(&format!("method {method}, which was not offered")), "{text}");
                }
            }
        }
    }
    assert!(told(choice(&[5, 255], false)).1.starts_with("the proxy wants a login"));
    assert!(told(choice(&[5, 255], true)).1.starts_with("the proxy does not accept the login"));
}

#[test]
fn a_wrong_version_is_told_by_the_first_byte() {
    for first in (0..=255).filter(|&first| first != 5) {
        assert_eq!(told(choice(&[first], true)).0, "ERR_PROXY_PROTOCOL");
        assert_eq!(told(reply(&[first])).0, "ERR_PROXY_PROTOCOL");
        assert_eq!(matches!(login_reply(&[first]), Verdict::More), first == 1);
    }
    let text = told(choice(b"HTTP/1.1 400 Bad Request\r\n\r\n", false)).1;
    assert_eq!(text, "the proxy does not keep to SOCKS5: its reply begins with byte 0x48, as HTTP does");
}

#[test]
fn a_login_has_users_and_passwords_of_1_to_255_bytes() {
    const LENGTHS: [usize; 8] = [0, 1, 127, 128, 255, 256, 257, 512];
    for user_len in LENGTHS {
        for password_len in LENGTHS {
            let (user, password) = ("u".repeat(user_len), "p".repeat(password_len));
            let fits = |len| (1..=255).contains(&len);
            match Login::new(&user, &password) {
                Ok(login) => {
                    assert!(fits(user_len) && fits(password_len));
                    let (user_len, password_len) = (user_len as u8, password_len as u8);
                    let wanted =
                        [&[1, user_len], user.as_bytes(), &[password_len], password.as_bytes()].concat();
                    assert_eq!(login.packet(), wanted);
                }
                Err(unfit) => {
                    assert!(!fits(user_len) || !fits(password_len));
                    let (what, len) =
                        if fits(user_len) { ("password", password_len) } else { ("user", user_len) };
                    let wanted = format!("a {what} has 1 to 255 bytes in SOCKS5, this one {len}");
                    assert_eq!(unfit.message, wanted);
                }
            }
        }
    }
}

#[test]
fn a_login_carries_any_characters_and_counts_bytes() {
    let login = Login::new("a\r\n\0:@ b", "p\u{e4}ss").unwrap();
    assert_eq!(login.packet(), b"\x01\x08a\r\n\0:@ b\x05p\xc3\xa4ss");
    assert!(Login::new(&"\u{e4}".repeat(127), "p").is_ok());
    assert!(Login::new(&"\u{e4}".repeat(128), "p").is_err());
}

#[test]
fn a_login_prints_nothing_of_itself() {
    let login = Login::new("canary-user", "canary-password").unwrap();
    assert_eq!(format!("{login:?}{login:#?}"), "Login(..)Login(..)");
    let long = "canary".repeat(50);
    for refused in [Login::new(&long, "canary"), Login::new("canary", &long), Login::new("", "canary")] {
        let unfit = refused.unwrap_err();
        assert!(!format!("{unfit} {unfit:?}").contains("canary"));
    }
}

#[test]
fn a_login_s_reply_is_read_with_either_version() {
    for version in 0..=255 {
        for status in 0..=255 {
            let verdict = judge_all_cuts(&[version, status], || login_reply);
            match (version, status) {
                (1 | 5, 0) => assert_eq!(verdict, DONE(2)),
                (1 | 5, _) => {
                    let (code, text) = told(verdict);
                    assert_eq!(code, "ERR_PROXY_AUTH");
                    let start = "the proxy does not accept the login: SOCKS5 login status ";
                    assert!(text.starts_with(&format!("{start}{status}")), "{text}");
                }
                _ => assert_eq!(told(verdict).0, "ERR_PROXY_PROTOCOL"),
            }
        }
    }
}

#[test]
fn a_request_carries_a_name_or_an_address_as_it_is() {
    let ipv4 = Destination::Ip(Ipv4Addr::new(192, 0, 2, 7).into());
    assert_eq!(request(ipv4, 8080).unwrap(), [5, 1, 0, 1, 192, 0, 2, 7, 0x1F, 0x90]);
    let ip = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let wanted = [&[5, 1, 0, 4][..], &ip.octets(), &[0, 80]].concat();
    assert_eq!(request(Destination::Ip(ip.into()), 80).unwrap(), wanted);
    let wanted = b"\x05\x01\x00\x03\x0bexample.com\x01\xbb";
    assert_eq!(request(Destination::Name("example.com"), 443).unwrap(), wanted);
    for len in [1, 127, 128, 255] {
        let packet = request(Destination::Name(&"n".repeat(len)), 1).unwrap();
        assert_eq!((packet.len(), usize::from(packet[4])), (len + 7, len));
    }
}

#[test]
fn a_yes_with_any_address_takes_its_bytes_and_no_more() {
    for good in good_replies() {
        assert_eq!(judge_all_cuts(&good, || reply), DONE(good.len()));
        for len in 0..good.len() {
            assert_eq!(reply(&good[..len]), Verdict::More);
        }
    }
}

#[test]
fn each_refusal_has_its_meaning_and_says_whose_it_was() {
    let meanings = [
        (1, Party::Proxy, "general failure"),
        (2, Party::Proxy, "not allowed by its rules"),
        (3, Party::Target, "network unreachable"),
        (4, Party::Target, "host unreachable"),
        (5, Party::Target, "connection refused"),
        (6, Party::Target, "time to live expired"),
        (7, Party::Proxy, "command not supported"),
        (8, Party::Proxy, "address type not supported"),
    ];
    for number in 1..=255_u8 {
        let whole = [5, number, 0, 1, 0, 0, 0, 0, 0, 0];
        let verdict = judge_all_cuts(&whole, || reply);
        let known = meanings.iter().find(|known| known.0 == number);
        let (by, meaning) = known.map_or((Party::Proxy, "not assigned"), |known| (known.1, known.2));
        let wanted = Reply { kind: "SOCKS5 reply", number: number.into(), meaning: meaning.into() };
        assert_eq!(verdict, Verdict::Wrong(Wrong::Refused { reply: wanted, by }));
        assert_eq!(reply(&whole[..2]), verdict, "a proxy may close behind the number");
    }
}

/// RFC 1928 section 6, written once more: the length of a yes; `None` for all else.
fn yes_len(bytes: &[u8]) -> Option<usize> {
    let len = match bytes {
        [5, 0, 0, 1, ..] => 10,
        [5, 0, 0, 4, ..] => 22,
        [5, 0, 0, 3, len, ..] => 7 + usize::from(*len),
        _ => return None,
    };
    (len <= bytes.len()).then_some(len)
}

#[test]
fn no_wrong_byte_makes_a_yes_of_another_meaning() {
    for good in good_replies() {
        for_each_wrong_byte(&good, |changed| match reply(changed) {
            Verdict::Done { used, .. } => assert_eq!(Some(used), yes_len(changed)),
            Verdict::More => {
                // Another type or length of address, whose rest is still to come.
                assert!(matches!(changed, [5, 0, 0, 1 | 3 | 4, ..]) && yes_len(changed).is_none());
            }
            Verdict::Wrong(Wrong::Auth { .. }) => panic!("{changed:02x?}"),
            Verdict::Wrong(_) => assert_eq!(yes_len(changed), None),
        });
    }
    let sentence = |bytes: &[u8]| told(reply(bytes)).1;
    assert!(sentence(&[5, 0, 1]).ends_with("its reply has 1 in the reserved byte"));
    assert!(sentence(&[5, 0, 0, 2]).ends_with("its reply has an address of the unknown type 2"));
}

#[test]
fn a_flood_is_answered_within_the_longest_message() {
    for byte in 0..=255 {
        let flood = vec![byte; 64 * 1024];
        for begin in [&[][..], &[5], &[5, 0], &[5, 0, 0], &[5, 0, 0, 1], &[5, 0, 0, 3], &[5, 0, 0, 4]] {
            let bytes = [begin, &flood].concat();
            assert_ne!(reply(&bytes[..262]), Verdict::More, "{begin:?} {byte}");
            assert_eq!(reply(&bytes[..262]), reply(&bytes));
        }
        assert_ne!(choice(&flood[..2], true), Verdict::More);
        assert_ne!(login_reply(&flood[..2]), Verdict::More);
    }
}

proptest! {
    #[test]
    fn random_bytes_are_judged_alike_however_they_are_cut(
        bytes in vec(prop_oneof![3 => 0_u8..6, 1 => any::<u8>()], 0..40),
    ) {
        let _ = judge_all_cuts(&bytes, || reply);
        let _ = judge_all_cuts(&bytes, || login_reply);
        let _ = judge_all_cuts(&bytes, || |bytes: &[u8]| choice(bytes, true));
    }
}
