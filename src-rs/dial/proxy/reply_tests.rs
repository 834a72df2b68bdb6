//! Verdicts that do not depend on cuts, which every protocol's tests use, and what errors say.

use std::fmt::Debug;

use super::*;

/// What may follow a reply in the same segment: nothing, greetings, bytes that look like a reply.
const SURPLUS: [&[u8]; 5] = [b"", b"220 hello\r\n", b"\0", b"\x05\x00", b"HTTP/1.1 407 No\r\n\r\n"];

/// Judges `reply` whole, cut in two at every place, and byte by byte, each with every surplus behind it, and
/// gives the one verdict. `fresh` makes a judge, which sees all bytes so far each time.
pub fn judge_all_cuts<T, J>(reply: &[u8], mut fresh: impl FnMut() -> J) -> Verdict<T>
where
    T: Debug + PartialEq,
    J: FnMut(&[u8]) -> Verdict<T>,
{
    let verdict = fresh()(reply);
    for surplus in SURPLUS {
        let all = [reply, surplus].concat();
        let expected = if verdict == Verdict::More { fresh()(&all) } else { fresh()(reply) };
        let told = fresh()(&all);
        assert_eq!(told, expected, "with {surplus:02x?} behind {reply:02x?}");
        for cut in 0..all.len() {
            let mut judge = fresh();
            let early = judge(&all[..cut]);
            let told = if early == Verdict::More { judge(&all) } else { early };
            assert_eq!(told, expected, "{reply:02x?} cut at {cut}, with {surplus:02x?}");
        }
        let mut judge = fresh();
        let answered =
            (0..=all.len()).map(|len| (len, judge(&all[..len]))).find(|told| told.1 != Verdict::More);
        match answered {
            None => assert_eq!(expected, Verdict::More, "{reply:02x?} byte by byte"),
            Some((len, told)) => {
                assert_eq!(told, expected, "{reply:02x?} byte by byte");
                if let Verdict::Done { used, .. } = told {
                    assert_eq!(used, len, "{reply:02x?} is answered with its last byte, not before or after");
                }
            }
        }
    }
    verdict
}

/// Calls `check` with every reply that differs from `reply` in one byte, and with `reply` itself.
pub fn for_each_wrong_byte(reply: &[u8], mut check: impl FnMut(&[u8])) {
    for at in 0..reply.len() {
        let mut changed = reply.to_vec();
        for byte in 0..=255 {
            changed[at] = byte;
            check(&changed);
        }
    }
}

/// The error's text and code of a verdict that is one.
pub fn told<T: Debug>(verdict: Verdict<T>) -> (&'static str, String) {
    match verdict {
        Verdict::Wrong(wrong) => (wrong.code(), wrong.to_string()),
        other => panic!("{other:?} is no error"),
    }
}

#[test]
fn each_kind_of_error_has_its_code_and_its_sentence() {
    let reply = || Reply::new("SOCKS5 reply", 5_u8, "connection refused");
    let auth = |login_given, offers: &[&str]| Wrong::Auth {
        reply: Reply::new("HTTP status", 407_u16, ""),
        login_given,
        offers: offers.iter().map(|&offer| offer.into()).collect(),
    };
    let cases = [
        (auth(false, &[]), "ERR_PROXY_AUTH", "the proxy wants a login: HTTP status 407"),
        (
            auth(true, &["Basic", "NTLM"]),
            "ERR_PROXY_AUTH",
            "the proxy does not accept the login: HTTP status 407; it offers Basic, NTLM",
        ),
        (
            Wrong::Refused { reply: reply(), by: Party::Proxy },
            "ERR_PROXY_REFUSED",
            "the proxy refused: SOCKS5 reply 5, connection refused",
        ),
        (
            Wrong::Refused { reply: reply(), by: Party::Target },
            "ERR_PROXY_REFUSED",
            "the proxy did not reach the target: SOCKS5 reply 5, connection refused",
        ),
        (
            Wrong::protocol("SOCKS5", "it said nothing"),
            "ERR_PROXY_PROTOCOL",
            "the proxy does not keep to SOCKS5: it said nothing",
        ),
    ];
    for (wrong, code, sentence) in cases {
        assert_eq!((wrong.code(), &*wrong.to_string()), (code, sentence));
        assert_eq!(wrong.reply().is_none(), code == "ERR_PROXY_PROTOCOL");
    }
}

#[test]
fn a_first_byte_that_fits_another_protocol_is_said_to() {
    let sentence = |first| Wrong::begins_with("SOCKS5", first).to_string();
    assert!(sentence(b'H').ends_with("begins with byte 0x48, as HTTP does"));
    assert!(sentence(0x15).contains("TLS"));
    assert!(sentence(0).contains("SOCKS4"));
    assert!(sentence(b'S').ends_with("begins with byte 0x53"));
}

#[test]
fn words_are_quoted_as_printable_ascii_of_at_most_100_characters() {
    assert_eq!(quote(b""), "");
    assert_eq!(quote(b"It's \"gone\" \\o/"), "It's \"gone\" \\\\o/");
    assert_eq!(quote("\x1b[31mü\r\n\0".as_bytes()), "\\x1b[31m\\xc3\\xbc\\x0d\\x0a\\x00");
    for byte in 0..=255_u8 {
        for len in 0..300 {
            let words: Vec<u8> = std::iter::repeat_n(b'a', len % 7).chain(vec![byte; len]).collect();
            let quoted = quote(&words);
            assert!(quoted.len() <= MAX_QUOTE && quoted.bytes().all(|b| (b' '..=b'~').contains(&b)));
            let cut = quoted.strip_suffix("...").unwrap_or(&quoted);
            let unit = quote(&[byte]);
            let tail = &cut[(len % 7).min(cut.len())..];
            assert_eq!(tail, unit.repeat(tail.len() / unit.len()), "an escape is whole or not there");
        }
    }
    assert_eq!(quote(&[b'a'; 100]), "a".repeat(100));
    assert_eq!(quote(&[b'a'; 101]), "a".repeat(97) + "...");
}
