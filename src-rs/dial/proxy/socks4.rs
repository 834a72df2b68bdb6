//! The messages of SOCKS4 and 4a (openssh.com/txt/socks4.protocol), as bytes; knows not who sends or reads them.
//!
//! No crate: hyper-util 0.1.21 drops bytes behind the reply and sends no user; fast-socks5 1.0.0 writes a
//! name where the user belongs and reads two of the reply's eight bytes; tokio-socks 0.5.3 takes a NUL in the
//! user and does its own I/O.

use std::net::{IpAddr, Ipv4Addr};

use super::{
    destination::{Destination, Unfit},
    reply::{Party, Reply, Verdict, Wrong},
};

const PROTOCOL: &str = "SOCKS4";
const VERSION: u8 = 4;
const CONNECT: u8 = 1;

/// The length of every reply.
const REPLY: usize = 8;

/// Says that a name follows: 4a (socks4a.protocol) asks for 0.0.0.x, where x is not 0.
const NAME_FOLLOWS: Ipv4Addr = Ipv4Addr::new(0, 0, 0, 1);

/// The request to connect. A name is looked up by the proxy, which has to know 4a. `user` has at most 255
/// bytes and may be empty, as it mostly is.
pub fn request(destination: Destination<'_>, port: u16, user: &str) -> Result<Vec<u8>, Unfit> {
    destination.check(port)?;
    // The protocol sets no limit; proxies have buffers of this size.
    Unfit::unless_of_length("a user", user, 0, 255, PROTOCOL)?;
    if user.contains('\0') {
        return Err(Unfit::new("a user must not contain NUL in SOCKS4, where it ends there"));
    }
    let (ip, name) = match destination {
        Destination::Name(name) => (NAME_FOLLOWS, Some(name)),
        Destination::Ip(IpAddr::V4(ip)) if is_mark(ip) => {
            return Err(Unfit::new(format!("SOCKS4 cannot ask for {ip}, which announces a name there")));
        }
        Destination::Ip(IpAddr::V4(ip)) => (ip, None),
        Destination::Ip(IpAddr::V6(_)) => {
            return Err(Unfit::new("SOCKS4 knows no IPv6 addresses; SOCKS5 does"));
        }
    };
    let mut packet = vec![VERSION, CONNECT];
    packet.extend(port.to_be_bytes());
    packet.extend(ip.octets());
    packet.extend_from_slice(user.as_bytes());
    packet.push(0);
    if let Some(name) = name {
        packet.extend_from_slice(name.as_bytes());
        packet.push(0);
    }
    Ok(packet)
}

/// A proxy that knows 4a would wait for the name, and the dial with it.
fn is_mark(ip: Ipv4Addr) -> bool {
    matches!(ip.octets(), [0, 0, 0, 1..=255])
}

/// Judges the answer to [`request`]; `with_user` if the user was not empty.
///
/// A refusal ends the matter with its second byte: address and port behind it are to be ignored, and some
/// proxies spare them.
pub fn reply(bytes: &[u8], with_user: bool) -> Verdict<()> {
    let [version, rest @ ..] = bytes else { return Verdict::More };
    // "VN is the version of the reply code and should be 0." A few proxies send 4; curl refuses them as well.
    if *version != 0 {
        return Verdict::Wrong(Wrong::begins_with(PROTOCOL, *version));
    }
    let reply = |number, meaning| Reply::new("SOCKS4 reply", number, meaning);
    // 92 and 93 come from proxies that ask the client's machine who is asking (RFC 1413).
    let denied = |reply| Wrong::Auth { reply, login_given: with_user, offers: Vec::new() };
    // There is one number for all that may fail, at the proxy or behind it.
    let refused = |reply| Wrong::Refused { reply, by: Party::Proxy };
    Verdict::Wrong(match *rest {
        [] => return Verdict::More,
        [90, ..] if bytes.len() < REPLY => return Verdict::More,
        [90, ..] => return Verdict::Done { value: (), used: REPLY },
        [number @ 91, ..] => refused(reply(number, "rejected or failed")),
        [number @ 92, ..] => denied(reply(number, "no identd on the client's machine")),
        [number @ 93, ..] => denied(reply(number, "the client's identd reports another user")),
        [number, ..] => refused(reply(number, "not assigned")),
    })
}

#[cfg(test)]
#[path = "socks4_tests.rs"]
mod tests;
