//! The messages of SOCKS5 and its login (RFC 1928, 1929), as bytes; knows not who sends or reads them.
//!
//! No crate: hyper-util 0.1.21 drops bytes behind the reply and cuts a user's length to a byte unchecked, as
//! fast-socks5 1.0.0 does, which also tells the user in an error; tokio-socks 0.5.3 counts right but does its
//! own I/O, so that nothing of it can be fuzzed, and refuses what many proxies reply to a login.

use std::{fmt, net::IpAddr};

use super::{
    destination::{Destination, Unfit},
    reply::{Party, Reply, Verdict, Wrong},
};

const PROTOCOL: &str = "SOCKS5";
const VERSION: u8 = 5;
const CONNECT: u8 = 1;

/// The methods of RFC 1928 section 3.
const NO_AUTHENTICATION: u8 = 0x00;
const USER_AND_PASSWORD: u8 = 0x02;
const NO_ACCEPTABLE_METHOD: u8 = 0xFF;

/// The address types of RFC 1928 section 5.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// How the proxy wants to know who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Not at all: the request follows.
    None,
    /// By user and password: [`Login::packet`] follows.
    Login,
}

/// A user and a password, as the packet that carries them.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    packet: Vec<u8>,
}

/// Tells nothing: what is printed ends in a log.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

impl Login {
    /// Takes any characters; user and password have 1 to 255 bytes each in UTF-8 (RFC 1929 section 2).
    pub fn new(user: &str, password: &str) -> Result<Login, Unfit> {
        let mut packet = vec![1];
        for (what, text) in [("a user", user), ("a password", password)] {
            Unfit::unless_of_length(what, text, 1, 255, PROTOCOL)?;
            push_counted(&mut packet, text);
        }
        Ok(Login { packet })
    }

    /// What to send once the proxy has chosen [`Method::Login`].
    pub fn packet(&self) -> &[u8] {
        &self.packet
    }
}

/// What a connection begins with: the methods on offer. No login is always among them, as many proxies that
/// know an address ask for none.
pub fn greeting(with_login: bool) -> &'static [u8] {
    if with_login {
        &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD]
    } else {
        &[VERSION, 1, NO_AUTHENTICATION]
    }
}

/// Judges the answer to [`greeting`].
pub fn choice(bytes: &[u8], with_login: bool) -> Verdict<Method> {
    let (version, method) = match bytes {
        [] => return Verdict::More,
        [version] => (*version, None),
        [version, method, ..] => (*version, Some(*method)),
    };
    if version != VERSION {
        return Verdict::Wrong(Wrong::begins_with(PROTOCOL, version));
    }
    let value = match method {
        None => return Verdict::More,
        Some(NO_AUTHENTICATION) => Method::None,
        Some(USER_AND_PASSWORD) if with_login => Method::Login,
        Some(NO_ACCEPTABLE_METHOD) => {
            let reply =
                Reply::new("SOCKS5 method", NO_ACCEPTABLE_METHOD, "none of those offered is accepted");
            return denied(reply, with_login);
        }
        Some(other) => return broken(format!("it chose method {other}, which was not offered")),
    };
    Verdict::Done { value, used: 2 }
}

/// Judges the answer to [`Login::packet`].
///
/// Its first byte is the version of the login, 1. Enough proxies send that of SOCKS, 5, for curl, tinyproxy
/// and proxychains to take both; the status behind it is the same.
pub fn login_reply(bytes: &[u8]) -> Verdict<()> {
    match *bytes {
        [] => Verdict::More,
        [first, ..] if first != 1 && first != VERSION => Verdict::Wrong(Wrong::begins_with(PROTOCOL, first)),
        [_] => Verdict::More,
        [_, 0, ..] => Verdict::Done { value: (), used: 2 },
        [_, status, ..] => {
            denied(Reply::new("SOCKS5 login status", status, "user or password is wrong"), true)
        }
    }
}

/// The request to connect. A name is looked up by the proxy.
pub fn request(destination: Destination<'_>, port: u16) -> Result<Vec<u8>, Unfit> {
    destination.check(port)?;
    let mut packet = vec![VERSION, CONNECT, 0];
    match destination {
        Destination::Name(name) => {
            packet.push(NAME);
            push_counted(&mut packet, name);
        }
        Destination::Ip(IpAddr::V4(ip)) => {
            packet.push(IPV4);
            packet.extend(ip.octets());
        }
        Destination::Ip(IpAddr::V6(ip)) => {
            packet.push(IPV6);
            packet.extend(ip.octets());
        }
    }
    packet.extend(port.to_be_bytes());
    Ok(packet)
}

/// Judges the answer to [`request`]. At most 262 bytes are a whole one.
///
/// A refusal ends the matter with its second byte: some proxies close behind it, without an address.
pub fn reply(bytes: &[u8]) -> Verdict<()> {
    let [version, rest @ ..] = bytes else { return Verdict::More };
    if *version != VERSION {
        return Verdict::Wrong(Wrong::begins_with(PROTOCOL, *version));
    }
    match rest {
        [] | [0] => return Verdict::More,
        [0, 0, ..] => {}
        [0, reserved, ..] => return broken(format!("its reply has {reserved} in the reserved byte")),
        [number, ..] => return refused(*number),
    }
    // The address that the proxy connects from, which nobody here needs: RFC 1928 section 6.
    let address = match rest[2..] {
        [] | [NAME] => return Verdict::More,
        [IPV4, ..] => 4,
        [IPV6, ..] => 16,
        // Proxies that have none to tell send an empty one.
        [NAME, len, ..] => 1 + usize::from(len),
        [other, ..] => return broken(format!("its reply has an address of the unknown type {other}")),
    };
    let used = 4 + address + 2;
    if bytes.len() < used { Verdict::More } else { Verdict::Done { value: (), used } }
}

/// The replies of RFC 1928 section 6.
fn refused<T>(number: u8) -> Verdict<T> {
    let (by, meaning) = match number {
        1 => (Party::Proxy, "general failure"),
        2 => (Party::Proxy, "not allowed by its rules"),
        3 => (Party::Target, "network unreachable"),
        4 => (Party::Target, "host unreachable"),
        5 => (Party::Target, "connection refused"),
        6 => (Party::Target, "time to live expired"),
        7 => (Party::Proxy, "command not supported"),
        8 => (Party::Proxy, "address type not supported"),
        _ => (Party::Proxy, "not assigned"),
    };
    Verdict::Wrong(Wrong::Refused { reply: Reply::new("SOCKS5 reply", number, meaning), by })
}

fn denied<T>(reply: Reply, login_given: bool) -> Verdict<T> {
    Verdict::Wrong(Wrong::Auth { reply, login_given, offers: Vec::new() })
}

fn broken<T>(sentence: String) -> Verdict<T> {
    Verdict::Wrong(Wrong::protocol(PROTOCOL, sentence))
}

/// Appends a text behind its length in one byte, which the caller has checked.
fn push_counted(packet: &mut Vec<u8>, text: &str) {
    // No `as`: a length cut to a byte has let a part of one field be read as another (hexchat, PySocks,
    // hyper-util).
    packet.push(u8::try_from(text.len()).expect("at most 255 bytes"));
    packet.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
#[path = "socks5_tests.rs"]
mod tests;
