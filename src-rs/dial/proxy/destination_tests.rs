//! Names that a proxy may be asked for and those it may not, in every protocol's request.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    super::{http, socks4, socks5},
    *,
};

fn requests(destination: Destination<'_>, port: u16) -> [Result<Vec<u8>, Unfit>; 3] {
    [
        socks4::request(destination, port, ""),
        socks5::request(destination, port),
        http::request(destination, port, None),
    ]
}

#[test]
fn names_of_1_to_255_bytes_are_taken_and_others_refused_with_their_length() {
    for len in [0, 1, 127, 128, 254, 255, 256, 512, 65_536 + 1] {
        let name = "a".repeat(len);
        for request in requests(Destination::Name(&name), 80) {
            match request {
                Ok(packet) => {
                    assert!((1..=255).contains(&len));
                    assert!(memchr::memmem::find(&packet, name.as_bytes()).is_some());
                }
                Err(unfit) => {
                    assert!(!(1..=255).contains(&len));
                    let wanted =
                        format!("a host name has 1 to 255 bytes in a proxy's request, this one {len}");
                    assert_eq!(unfit.to_string(), wanted);
                }
            }
        }
    }
}

#[test]
fn every_character_that_could_mean_something_else_is_refused_wherever_it_stands() {
    let refused = |name: &str| requests(Destination::Name(name), 80).iter().all(Result::is_err);
    let taken = |name: &str| requests(Destination::Name(name), 80).iter().all(Result::is_ok);
    for c in ('\0'..='\u{ff}').chain(['\u{130}', '\u{2028}', '\u{feff}', '\u{ff0e}', '\u{10ffff}']) {
        let is_fit = c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=".contains(c);
        for name in [format!("{c}"), format!("{c}ab"), format!("a{c}b"), format!("ab{c}")] {
            assert!(if is_fit { taken(&name) } else { refused(&name) }, "{name:?}");
        }
    }
    for name in [
        "::1",
        "[::1]",
        "a:80",
        "user@host",
        "a b",
        "a\r\nX: y",
        "a\0b",
        "a/b",
        "a%00b",
        "b\u{fc}cher.example",
    ] {
        assert!(refused(name), "{name:?}");
    }
    for name in ["localhost", "xn--bcher-kva.example", "example.com.", "my_service", "a.onion"] {
        assert!(taken(name), "{name:?}");
    }
}

#[test]
fn a_refusal_shows_no_character_that_could_break_a_log() {
    for name in ["a\r\nb", "a\u{1b}[31mb", "a\u{202e}b", "a\0b"] {
        for request in requests(Destination::Name(name), 80) {
            let message = request.unwrap_err().to_string();
            assert!(message.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{message:?}");
        }
    }
}

#[test]
fn port_0_is_refused_and_the_others_taken() {
    let destinations = [
        Destination::Name("a"),
        Destination::Ip(Ipv4Addr::LOCALHOST.into()),
        Destination::Ip(Ipv6Addr::LOCALHOST.into()),
    ];
    for destination in destinations {
        assert!(requests(destination, 0).iter().all(Result::is_err));
        for port in [1, 80, 256, 65_535] {
            assert!(
                socks5::request(destination, port).is_ok() && http::request(destination, port, None).is_ok()
            );
        }
    }
}
