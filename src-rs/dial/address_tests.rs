//! Every notation of an address, right and wrong.

use super::*;

fn name(text: &str) -> Host {
    Host::Name(text.into())
}

fn ip(text: &str) -> Host {
    Host::Ip(text.parse().unwrap())
}

#[test]
fn every_notation_is_understood() {
    let cases = [
        ("example.com:80", name("example.com"), 80, false),
        ("EXAMPLE.com:65535", name("example.com"), 65535, false),
        ("example.com.:80", name("example.com."), 80, false),
        ("my_service:6379", name("my_service"), 6379, false),
        ("localhost:1", name("localhost"), 1, false),
        ("tcp://example.com:80", name("example.com"), 80, false),
        ("tcp://example.com:80/", name("example.com"), 80, false),
        ("TLS://example.com:443", name("example.com"), 443, true),
        ("tls://[2001:db8::1]:443/", ip("2001:db8::1"), 443, true),
        ("127.0.0.1:80", ip("127.0.0.1"), 80, false),
        ("[::1]:80", ip("::1"), 80, false),
        ("[::ffff:1.2.3.4]:80", ip("::ffff:1.2.3.4"), 80, false),
        ("[fe80::1%eth0]:80", Host::Scoped("fe80::1".parse().unwrap(), "eth0".into()), 80, false),
        ("bücher.example:80", name("xn--bcher-kva.example"), 80, false),
        ("BÜCHER.example:80", name("xn--bcher-kva.example"), 80, false),
        ("пример.рф:80", name("xn--e1afmkfd.xn--p1ai"), 80, false),
        ("例え。テスト:80", name("xn--r8jz45g.xn--zckzah"), 80, false),
        ("１２７.0.0.1:80", ip("127.0.0.1"), 80, false),
    ];
    for (text, host, port, tls) in cases {
        assert_eq!(parse(text), Ok(Address { host, port, tls }), "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("", "empty"),
        ("example.com", "lacks a port"),
        ("[::1]", "lacks a port"),
        ("tcp://example.com", "lacks a port"),
        (":80", "lacks a host"),
        ("example.com:", "port ''"),
        ("example.com:0", "port '0'"),
        ("example.com:65536", "port '65536'"),
        ("example.com:+80", "port '+80'"),
        ("example.com:-1", "port '-1'"),
        ("example.com:80x", "port '80x'"),
        ("example.com:８０", "port '８０'"),
        ("::1:80", "brackets"),
        ("fe80::1%eth0:80", "brackets"),
        ("[::1:80", "closing bracket"),
        ("[::1]80", "follows the bracket"),
        ("[example.com]:80", "not an IPv6 address"),
        ("[127.0.0.1]:80", "not an IPv6 address"),
        ("[::1%]:80", "lacks the interface"),
        ("[::1%a/b]:80", "path"),
        ("http://example.com:80", "'tcp://', 'tls://'"),
        ("://example.com:80", "'tcp://', 'tls://'"),
        ("tcp://user:secret@example.com:80", "user name"),
        ("user@example.com:80", "user name"),
        ("tcp://example.com:80/path", "path"),
        ("tcp://example.com:80//", "path"),
        ("tcp://example.com:80?a", "query"),
        ("example.com:80/", "path"),
        ("exa mple.com:80", "' '"),
        ("example.com\r\n:80", "'\\r'"),
        ("example.com:80\n", "'\\n'"),
        ("exa\0mple.com:80", "'\\0'"),
        ("exa\tmple.com:80", "'\\t'"),
        ("example\u{2028}.com:80", "'\\u{2028}'"),
        ("127.1:80", "four decimal numbers"),
        ("0x7f.1:80", "four decimal numbers"),
        ("0x7f000001:80", "four decimal numbers"),
        ("2130706433:80", "four decimal numbers"),
        ("010.0.0.1:80", "four decimal numbers"),
        ("256.0.0.1:80", "four decimal numbers"),
        ("1.2.3.4.5:80", "four decimal numbers"),
        ("127.0.0.1.:80", "four decimal numbers"),
        ("a..b:80", "empty part"),
        (".example.com:80", "empty part"),
        (".:80", "empty part"),
        ("exa%6dple.com:80", "not a host name"),
        ("exa<mple.com:80", "not a host name"),
        ("xn--\u{e4}:80", "not a host name"),
        ("exa：mple:80", "not a host name"),
    ];
    for (text, part) in cases {
        let error = parse(text).expect_err(text);
        assert!(error.message.contains(part), "{text:?} gave: {}", error.message);
    }
}

#[test]
fn a_refusal_does_not_repeat_a_password() {
    for text in
        ["tcp://user:secret@host:80", "user:secret@host:80", "http://user:secret@host", "u:secret@[::1"]
    {
        assert!(!parse(text).unwrap_err().message.contains("secret"), "{text}");
        assert!(!host(text).unwrap_err().message.contains("secret"), "{text}");
    }
}

#[test]
fn a_host_alone_may_be_bare_ipv6() {
    assert_eq!(host("::1"), Ok(ip("::1")));
    assert_eq!(host("[::1]"), Ok(ip("::1")));
    assert_eq!(host("fe80::1%2"), Ok(Host::Scoped("fe80::1".parse().unwrap(), "2".into())));
    assert_eq!(host("bücher.example"), Ok(name("xn--bcher-kva.example")));
    assert_eq!(host("10.0.0.1"), Ok(ip("10.0.0.1")));
    for wrong in ["", "[::1", "host:80", "tcp://host", "a@b", "a/b", "a b", "::1%", "::g"] {
        assert!(host(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn lengths_are_limited_as_in_the_dns() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
    assert_eq!(longest.len(), 253);
    assert_eq!(host(&longest), Ok(name(&longest)));
    assert!(host(&format!("{longest}.")).is_ok());
    assert!(host(&format!("{longest}b")).unwrap_err().message.contains("253"));
    assert!(host(&format!("{label}a.example")).unwrap_err().message.contains("63"));
    assert!(host(&"a".repeat(1 << 16)).is_err());
}

#[test]
fn a_host_prints_as_it_is_written() {
    for text in ["example.com", "10.0.0.1", "::1", "fe80::1%eth0"] {
        assert_eq!(host(text).unwrap().to_string(), text);
    }
}
