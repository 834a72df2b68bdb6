//! CONNECT's request and reply, right, cut and wrong in every byte.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    super::reply::tests::{for_each_wrong_byte, judge_all_cuts, told},
    *,
};

/// Replies that open a tunnel: as proxies send them, and as the RFCs allow.
const GOOD: [&str; 9] = [
    "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n",
    "HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 \r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nX:\r\n!#$%&'*+-.^_`|~09azAZ:\t\x20a: b\t\r\n\r\n",
    "HTTP/1.1 299 \u{fc}\tber\r\nX-\u{30}: \u{fc}\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n",
];

/// What the credentials stand for.
fn secrets_of(login: &Login) -> Secrets {
    let known = [("user", "password"), ("canary-user", "canary p\u{e4}ss"), ("user", "Basic")];
    let (user, password) =
        known.into_iter().find(|(user, password)| Login::new(user, password).as_ref() == Ok(login)).unwrap();
    Secrets::of(user, password)
}

fn all_cuts(reply: &[u8], login: Option<&Login>) -> Verdict<()> {
    let secrets = login.map_or_else(Secrets::default, secrets_of);
    judge_all_cuts(reply, || {
        let mut reader = Reader::new(login.is_some(), &secrets);
        move |bytes: &[u8]| reader.read(bytes)
    })
}

fn whole(reply: &[u8]) -> Verdict<()> {
    Reader::new(false, &Secrets::default()).read(reply)
}

#[test]
fn a_request_names_host_and_port_twice_and_brackets_ipv6() {
    let text = |destination, login| String::from_utf8(request(destination, 443, login).unwrap()).unwrap();
    let wanted = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n";
    assert_eq!(text(Destination::Name("example.com"), None), wanted);
    let wanted = "CONNECT 192.0.2.7:443 HTTP/1.1\r\nHost: 192.0.2.7:443\r\n\r\n";
    assert_eq!(text(Destination::Ip(Ipv4Addr::new(192, 0, 2, 7).into()), None), wanted);
    let wanted = "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n";
    let ipv6: Ipv6Addr = "2001:db8::1".parse().unwrap();
    assert_eq!(text(Destination::Ip(ipv6.into()), None), wanted);
    let login = Login::new("Aladdin", "open sesame").unwrap();
    let wanted = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\
                  Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
    assert_eq!(text(Destination::Name("a"), Some(&login)), wanted);
}

#[test]
fn any_2xx_opens_the_tunnel_with_its_head_s_last_byte() {
    for good in GOOD {
        let good = good.as_bytes();
        assert_eq!(all_cuts(good, None), Verdict::Done { value: (), used: good.len() });
        for len in 0..good.len() {
            assert_eq!(whole(&good[..len]), Verdict::More);
        }
    }
    for status in 200..=299 {
        let head = format!("HTTP/1.1 {status} Fine\r\n\r\n");
        assert_eq!(whole(head.as_bytes()), Verdict::Done { value: (), used: head.len() });
    }
}

#[test]
fn what_is_no_http_is_refused_where_it_first_shows() {
    let cases: [(&str, &str); 34] = [
        ("h", "begins with byte 0x68"),
        (" HTTP/1.1 200 OK\r\n\r\n", "begins with byte 0x20"),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", "begins with byte 0x0d"),
        ("\nHTTP/1.1 200 OK\r\n\r\n", "without a carriage return"),
        ("\x05\x00", "byte 0x05, as SOCKS5 does"),
        ("\x15\x03\x01", "byte 0x15, as TLS does"),
        ("SSH-2.0-OpenSSH", "begins with byte 0x53"),
        ("220 mail.example", "begins with byte 0x32"),
        ("Http/1.1 200 OK\r\n\r\n", "HTTP/1.0 or HTTP/1.1"),
        ("HTTP/2 200 OK\r\n\r\n", "HTTP/1.0 or HTTP/1.1"),
        ("HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.0 or HTTP/1.1"),
        ("HTTP/1.10 200 OK\r\n\r\n", "no space behind the version"),
        ("HTTP/1.1\t200 OK\r\n\r\n", "no space behind the version"),
        ("HTTP/1.1  200 OK\r\n\r\n", "three digits"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "three digits"),
        ("HTTP/1.1 20 OK\r\n\r\n", "three digits"),
        ("HTTP/1.1 20\r\n\r\n", "three digits"),
        ("HTTP/1.1 2x0 OK\r\n\r\n", "three digits"),
        ("HTTP/1.1 -20 OK\r\n\r\n", "three digits"),
        ("HTTP/1.1 200\tOK\r\n\r\n", "three digits"),
        ("HTTP/1.1 200OK\r\n\r\n", "three digits"),
        ("HTTP/1.1 200 OK\n\n", "without a carriage return"),
        ("HTTP/1.1 200\n", "without a carriage return"),
        ("HTTP/1.1 200 OK\r\nA: b\n\r\n", "without a carriage return"),
        ("HTTP/1.1 200 OK\r\n\n", "without a carriage return"),
        ("HTTP/1.1 200 OK\rA", "within a line"),
        ("HTTP/1.1 200 OK\r\n\rA", "within a line"),
        ("HTTP/1.1 200 O\0K", "control byte 0x00"),
        ("HTTP/1.1 200 OK\r\nA: b\0", "control byte 0x00"),
        ("HTTP/1.1 200 OK\r\nA: b\x7f", "control byte 0x7f"),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c", "folded"),
        ("HTTP/1.1 200 OK\r\n\tA: b", "folded"),
        ("HTTP/1.1 200 OK\r\n: b", "a name and a colon"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "switches to another protocol"),
    ];
    for (reply, sentence) in cases {
        let (code, text) = told(all_cuts(reply.as_bytes(), None));
        assert!(code == "ERR_PROXY_PROTOCOL" && text.contains(sentence), "{reply:?}: {text}");
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
    }
    for name in ["A ", "A\t", "A\r", "A(", "A\0", "A\u{fc}", "A/", "A,", "\"A\"", "<html>", "A{"] {
        let reply = format!("HTTP/1.1 200 OK\r\n{name}: b\r\n\r\n");
        assert!(told(all_cuts(reply.as_bytes(), None)).1.contains("a name and a colon"), "{name:?}");
    }
}

#[test]
fn each_status_has_its_verdict() {
    for status in (0..200).chain(300..1000) {
        let head = format!("HTTP/1.0 {status:03} Some reason\r\nA: b\r\n\r\n");
        let verdict = whole(head.as_bytes());
        let reply = || Reply { kind: "HTTP status", number: status, meaning: "Some reason".into() };
        let wanted = match status {
            101 => "ERR_PROXY_PROTOCOL",
            100..200 => "MORE",
            401 | 407 => "ERR_PROXY_AUTH",
            _ => "ERR_PROXY_REFUSED",
        };
        match verdict {
            Verdict::More => assert_eq!("MORE", wanted),
            Verdict::Done { .. } => panic!("{status}"),
            Verdict::Wrong(wrong) => {
                assert_eq!(wrong.code(), wanted);
                let by = if matches!(status, 502..=504) { Party::Target } else { Party::Proxy };
                if wanted == "ERR_PROXY_REFUSED" {
                    assert_eq!(wrong, Wrong::Refused { reply: reply(), by });
                }
            }
        }
    }
    let text = |reply: &str| told(all_cuts(reply.as_bytes(), None)).1;
    let wanted = "the proxy refused: HTTP status 403, Filtered";
    assert_eq!(text("HTTP/1.0 403 Filtered\r\nContent-Length: 900\r\n\r\n"), wanted);
    let wanted = "the proxy did not reach the target: HTTP status 503, Service Unavailable";
    assert_eq!(text("HTTP/1.1 503 Service Unavailable\r\n\r\n"), wanted);
    assert_eq!(text("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 500\r\n\r\n"), "the proxy refused: HTTP status 500");
}

#[test]
fn a_407_says_whether_a_login_was_sent_and_what_is_offered() {
    let login = Login::new("user", "password").unwrap();
    let long = "x".repeat(31);
    let head = format!(
        "HTTP/1.1 103 Early\r\nProxy-Authenticate: Early\r\n\r\n\
         HTTP/1.1 407 Proxy Authentication Required\r\n\
         Proxy-Authenticate: Basic realm=\"a, No b \\\", No c\\\\\", Digest nonce=1 , qop = auth\r\n\
         WWW-Authenticate: Bearer\r\n\
         PROXY-AUTHENTICATE:Negotiate,NTLM TlRMTVNTUA==,basic,\"x\",,{long}\r\n\r\n"
    );
    for login in [None, Some(&login)] {
        let Verdict::Wrong(Wrong::Auth { reply, login_given, offers }) = all_cuts(head.as_bytes(), login)
        else {
            panic!()
        };
        assert_eq!((reply.number, &*reply.meaning), (407, "Proxy Authentication Required"));
        assert_eq!(login_given, login.is_some());
        assert_eq!(offers, ["Basic", "Digest", "Negotiate", "NTLM"]);
    }
    let many: String = (0..100).map(|n| format!("Proxy-Authenticate: S{n}{}\r\n", "x".repeat(n))).collect();
    let (_, text) = told(whole(format!("HTTP/1.1 407 No\r\n{many}\r\n").as_bytes()));
    assert!(text.len() < 300 && text.contains("it offers S0, S1x, S2xx, "), "{text}");
}

#[test]
fn a_proxy_s_words_are_escaped_shortened_and_repeat_no_secret() {
    let login = Login::new("canary-user", "canary p\u{e4}ss").unwrap();
    let credentials = login.credentials();
    for status in [403, 407, 502, 999] {
        for echo in ["canary-user", "canary p\u{e4}ss", credentials] {
            let long = format!("{}{echo}", "x".repeat(95));
            for reason in [echo, &long] {
                let head = format!(
                    "HTTP/1.1 {status} {reason}\r\nProxy-Authenticate: {echo}, Basic\r\nX: {echo}\r\n\r\n"
                );
                let verdict = all_cuts(head.as_bytes(), Some(&login));
                let printed = format!("{verdict:?} {}", told(verdict.clone()).1);
                assert!(!printed.contains("canary") && !printed.contains(&credentials[..8]), "{printed}");
            }
        }
        let head = format!("HTTP/1.1 {status} \x20\u{1b}");
        assert!(told(whole(head.as_bytes())).1.ends_with("control byte 0x1b"));
        let head = format!("HTTP/1.1 {status} {}\r\n\r\n", "\u{fc}\t\\".repeat(100));
        let Verdict::Wrong(wrong) = whole(head.as_bytes()) else { panic!() };
        let meaning = &wrong.reply().unwrap().meaning;
        assert!(meaning.starts_with("\\xc3\\xbc\\x09\\\\") && meaning.len() <= 100, "{meaning}");
    }
}

/// A second, plainer reading: where the head of the final reply ends, if it is a yes.
fn yes_len(mut bytes: &[u8]) -> Option<usize> {
    let mut before = 0;
    loop {
        let len = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&bytes[..len - 4]);
        let mut lines = head.split("\r\n");
        let line = lines.next()?;
        let rest = line.strip_prefix("HTTP/1.0 ").or(line.strip_prefix("HTTP/1.1 "))?;
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_text = |text: &str| text.chars().all(|c| c == '\t' || !c.is_ascii_control());
        let is_header = |line: &str| {
            line.split_once(':')
                .is_some_and(|(name, value)| !name.is_empty() && name.bytes().all(is_token) && is_text(value))
        };
        if status.len() != 3 || !is_text(reason) || !lines.all(is_header) {
            return None;
        }
        match status.as_bytes() {
            [b'1', b'0', b'1'] => return None,
            [b'1', b'0'..=b'9', b'0'..=b'9'] => (before, bytes) = (before + len, &bytes[len..]),
            [b'2', b'0'..=b'9', b'0'..=b'9'] => return Some(before + len),
            _ => return None,
        }
    }
}

#[test]
fn no_wrong_byte_makes_a_yes_of_another_meaning() {
    for good in GOOD {
        for_each_wrong_byte(good.as_bytes(), |changed| match whole(changed) {
            Verdict::Done { used, .. } => assert_eq!(Some(used), yes_len(changed), "{changed:02x?}"),
            Verdict::Wrong(_) => {
                assert_eq!(yes_len(changed), None, "{:?}", changed.escape_ascii().to_string())
            }
            Verdict::More => {
                // Only where the final reply became an interim one.
                assert!(memchr::memmem::rfind(changed, b"HTTP/1.").is_some_and(|at| changed[at + 9] == b'1'));
            }
        });
    }
}

#[test]
fn a_head_has_16_kib_at_most_and_interim_ones_count() {
    let filled = |begin: &str, len: usize| {
        let mut head = begin.to_string();
        head += &"x".repeat(len - begin.len() - 4);
        (head + "\r\n\r\n").into_bytes()
    };
    for begin in ["HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100\r\n\r\nHTTP/1.1 200 "] {
        for surplus in [0, 1, 100_000] {
            let exact = [filled(begin, MAX_HEAD), vec![0; surplus]].concat();
            assert_eq!(whole(&exact), Verdict::Done { value: (), used: MAX_HEAD });
            let over = [filled(begin, MAX_HEAD + 1), vec![0; surplus]].concat();
            let text = told(whole(&over)).1;
            assert!(text.contains("longer than 16384 bytes"), "{text}");
            assert_eq!(whole(&over[..MAX_HEAD - 1]), Verdict::More);
        }
    }
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000);
    assert!(told(whole(interim.as_bytes())).1.contains("longer than 16384 bytes"));
    let headers = format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(1 << 20));
    assert!(told(whole(headers.as_bytes())).1.contains("longer than 16384 bytes"));
}

#[test]
fn byte_by_byte_no_byte_is_looked_at_twice() {
    let header = "A: b\r\n".repeat(2700);
    let head = format!("HTTP/1.1 200 OK\r\n{header}\r\n").into_bytes();
    let secrets = Secrets::default();
    let mut reader = Reader::new(false, &secrets);
    // What was read is spoilt at once: a second look would find control bytes.
    let mut bytes = Vec::new();
    for (index, &byte) in head.iter().enumerate() {
        bytes.push(byte);
        let verdict = reader.read(&bytes);
        assert_eq!(reader.seen, index + 1);
        let is_last = index + 1 == head.len();
        assert_eq!(
            verdict,
            if is_last { Verdict::Done { value: (), used: head.len() } } else { Verdict::More }
        );
        if index > 20 {
            bytes[index] = 0;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Of pieces that heads are made of, and of single bytes.
    #[test]
    fn random_heads_are_judged_alike_however_they_are_cut(
        pieces in vec(
            select(vec![
                "HTTP/1.1 200 OK\r\n", "HTTP/1.0 407 No\r\n", "HTTP/1.1 100\r\n", "HTTP/1.1 502 \r\n",
                "\r\n", "\r\n", "A: b\r\n", "Proxy-Authenticate: Basic\r\n", "Proxy-Authenticate: a=\"",
                "HTTP/", "1.1 ", "200", "\r", "\n", " ", "\t", ":", "\0", "\u{fc}", "\\\"", ",",
            ]),
            0..8,
        ),
        cut in any::<proptest::sample::Index>(),
    ) {
        let login = Login::new("user", "Basic").unwrap();
        let bytes = pieces.concat().into_bytes();
        let verdict = all_cuts(&bytes, Some(&login));
        if let Verdict::Done { used, .. } = verdict {
            prop_assert_eq!(Some(used), yes_len(&bytes));
        }
        // Begun in the middle, so that later states are met as well.
        let _ = all_cuts(&[b"HTTP/1.1 407 No\r\n", &bytes[cut.index(bytes.len() + 1)..]].concat(), None);
    }
}
