//! HTTP's CONNECT and the head of its reply (RFC 9110, 9112), as bytes; knows not who sends or reads them.
//!
//! No crate: hyper-util 0.1.21 and async-http-proxy 1.2.5 drop bytes behind the head and open a tunnel for
//! 200 alone; the latter limits no line and writes IPv6 bare. httparse 1.10.1, below both, takes bare line
//! feeds and leading empty lines, and reads from the start each time.

use std::{net::IpAddr, ops::Range};

use super::{
    basic::{Login, Secrets},
    destination::{Destination, Unfit},
    reply::{Party, Reply, Verdict, Wrong, quote},
};

const PROTOCOL: &str = "HTTP";

/// The most bytes of a reply's head, those of interim replies before it included: 16 KiB, as much as curl
/// takes.
pub const MAX_HEAD: usize = 16 * 1024;

/// Bytes of a status line before its reason: `HTTP/1.1 200`.
const STATUS: usize = 12;

/// The most authentication schemes that are named, and the most bytes of each.
const OFFERS: usize = 8;
const OFFER: usize = 30;

/// The request to open a tunnel: RFC 9110 section 9.3.6.
pub fn request(destination: Destination<'_>, port: u16, login: Option<&Login>) -> Result<Vec<u8>, Unfit> {
    destination.check(port)?;
    let authority = match destination {
        Destination::Name(name) => format!("{name}:{port}"),
        Destination::Ip(IpAddr::V4(ip)) => format!("{ip}:{port}"),
        // RFC 3986 section 3.2.2.
        Destination::Ip(IpAddr::V6(ip)) => format!("[{ip}]:{port}"),
    };
    let mut head = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some(login) = login {
        head += &format!("Proxy-Authorization: Basic {}\r\n", login.credentials());
    }
    head += "\r\n";
    Ok(head.into_bytes())
}

/// Reads the head of the reply to [`request`], each byte once.
///
/// It is strict, as two readings of one head are how requests and replies are smuggled past a proxy: lines
/// end with CRLF, names are tokens followed by a colon, nothing is folded, no byte is a control character but
/// a tab in a value.
#[derive(Debug)]
pub struct Reader<'a> {
    login_given: bool,
    secrets: &'a Secrets,
    /// Bytes read.
    seen: usize,
    /// Where the current line begins.
    line: usize,
    /// The last byte was a carriage return.
    ending: bool,
    place: Place,
    status: u16,
    reason: Range<usize>,
    offers: Vec<String>,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    StatusLine,
    /// The begin of a header line, or the empty line.
    Begin,
    Name,
    Value,
}

impl<'a> Reader<'a> {
    /// For the reply to a request that carried a login or none; `secrets` are not quoted.
    pub fn new(login_given: bool, secrets: &'a Secrets) -> Reader<'a> {
        Reader {
            login_given,
            secrets,
            seen: 0,
            line: 0,
            ending: false,
            place: Place::StatusLine,
            status: 0,
            reason: 0..0,
            offers: Vec::new(),
        }
    }

    /// Judges `bytes`: all that have come, those of earlier calls included. Not to be asked again after an
    /// answer.
    ///
    /// A tunnel is open after any 2xx, whatever its headers say of a body (RFC 9110 section 9.3.6).
    pub fn read(&mut self, bytes: &[u8]) -> Verdict<()> {
        for at in self.seen..bytes.len().min(MAX_HEAD) {
            self.seen = at + 1;
            match self.step(bytes, at) {
                Ok(false) => {}
                Ok(true) => return Verdict::Done { value: (), used: at + 1 },
                Err(wrong) => return Verdict::Wrong(wrong),
            }
        }
        if self.seen < MAX_HEAD {
            return Verdict::More;
        }
        let sentence = format!("the head of its reply is longer than {MAX_HEAD} bytes");
        Verdict::Wrong(Wrong::protocol(PROTOCOL, sentence))
    }

    /// Takes one byte; whether the tunnel is open.
    fn step(&mut self, bytes: &[u8], at: usize) -> Result<bool, Wrong> {
        let byte = bytes[at];
        match byte {
            b'\n' if self.ending => return self.end_line(bytes, at),
            // RFC 9112 section 2.2 allows to take it for a line's end, and to be read otherwise than by
            // others.
            b'\n' => return broken("a line of its reply ends without a carriage return"),
            _ if self.ending => return broken("its reply has a carriage return within a line"),
            b'\r' if self.may_end(at) => self.ending = true,
            _ => match self.place {
                Place::StatusLine => check_status_line(at - self.line, byte)?,
                Place::Begin if matches!(byte, b' ' | b'\t') => {
                    // Obsolete: RFC 9112 section 5.2.
                    return broken("a header of its reply is folded");
                }
                Place::Begin | Place::Name if is_token(byte) => self.place = Place::Name,
                Place::Name if byte == b':' => self.place = Place::Value,
                Place::Begin | Place::Name => {
                    return broken("a line of its reply does not begin with a name and a colon");
                }
                Place::Value => check_text(byte)?,
            },
        }
        Ok(false)
    }

    fn may_end(&self, at: usize) -> bool {
        match self.place {
            Place::StatusLine => at - self.line >= STATUS,
            Place::Begin | Place::Value => true,
            Place::Name => false,
        }
    }

    fn end_line(&mut self, bytes: &[u8], at: usize) -> Result<bool, Wrong> {
        let (begin, end) = (self.line, at - 1);
        self.ending = false;
        self.line = at + 1;
        match self.place {
            Place::StatusLine => {
                let digits = &bytes[begin + STATUS - 3..begin + STATUS];
                self.status = digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
                self.reason = end.min(begin + STATUS + 1)..end;
            }
            Place::Begin => return self.end_head(bytes),
            Place::Name | Place::Value => self.note_offers(&bytes[begin..end]),
        }
        self.place = Place::Begin;
        Ok(false)
    }

    fn end_head(&mut self, bytes: &[u8]) -> Result<bool, Wrong> {
        let words = &bytes[self.reason.clone()];
        let reason = if self.secrets.are_repeated_in(words) { String::new() } else { quote(words) };
        let reply = Reply::new("HTTP status", self.status, reason);
        match self.status {
            // It would be neither a tunnel nor HTTP any more.
            101 => broken("it switches to another protocol, for which it was not asked"),
            // RFC 9110 section 15.2: interim replies precede the final one, asked for or not.
            100..=199 => {
                self.place = Place::StatusLine;
                Ok(false)
            }
            200..=299 => Ok(true),
            // tinyproxy says so of a login that is wrong, to a proxy's client too.
            401 | 407 => {
                let offers = std::mem::take(&mut self.offers);
                Err(Wrong::Auth { reply, login_given: self.login_given, offers })
            }
            // What a gateway says of those behind it.
            502..=504 => Err(Wrong::Refused { reply, by: Party::Target }),
            // A number that does not exist is a refusal as well: RFC 9110 section 15.
            _ => Err(Wrong::Refused { reply, by: Party::Proxy }),
        }
    }

    fn note_offers(&mut self, line: &[u8]) {
        let name: &[u8] = match self.status {
            401 => b"www-authenticate:",
            407 => b"proxy-authenticate:",
            _ => return,
        };
        let Some((head, value)) = line.split_at_checked(name.len()) else { return };
        if !head.eq_ignore_ascii_case(name) || self.secrets.are_repeated_in(value) {
            return;
        }
        for scheme in schemes(value).map(quote) {
            let is_known = self.offers.iter().any(|known| known.eq_ignore_ascii_case(&scheme));
            if !is_known && scheme.len() <= OFFER && self.offers.len() < OFFERS {
                self.offers.push(scheme);
            }
        }
    }
}

fn broken<T>(sentence: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::protocol(PROTOCOL, sentence))
}

/// `HTTP/1.0` or `HTTP/1.1`, a space, three digits, and perhaps a space and a reason (RFC 9112 section 4).
/// The space behind the digits is often forgotten where there is no reason.
fn check_status_line(index: usize, byte: u8) -> Result<(), Wrong> {
    match index {
        0 if byte != b'H' => Err(Wrong::begins_with(PROTOCOL, byte)),
        0..=6 if byte != b"HTTP/1."[index] => broken("its reply does not begin with HTTP/1.0 or HTTP/1.1"),
        7 if !matches!(byte, b'0' | b'1') => broken("its reply does not begin with HTTP/1.0 or HTTP/1.1"),
        8 if byte != b' ' => broken("its reply has no space behind the version"),
        9..=11 if !byte.is_ascii_digit() => broken("the status of its reply has not three digits"),
        STATUS if byte != b' ' => broken("the status of its reply has not three digits"),
        0..=STATUS => Ok(()),
        _ => check_text(byte),
    }
}

/// RFC 9110 section 5.5.
fn check_text(byte: u8) -> Result<(), Wrong> {
    if byte == b'\t' || !byte.is_ascii_control() {
        return Ok(());
    }
    broken(format!("the head of its reply has the control byte 0x{byte:02x}"))
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The names in a list of challenges (RFC 9110 section 11.6.1): `Basic realm="a, b", Digest nonce=1,
/// qop=auth` has two. An element begins with one unless it is a further parameter of the last.
fn schemes(challenges: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let elements = challenges.split(move |&byte| {
        let is_escaped = std::mem::take(&mut escaped);
        match byte {
            b'\\' => escaped = quoted && !is_escaped,
            b'"' if !is_escaped => quoted = !quoted,
            _ => {}
        }
        byte == b',' && !quoted
    });
    elements.filter_map(|element| {
        let element = element.trim_ascii();
        let len = element.iter().take_while(|&&byte| is_token(byte)).count();
        let (name, rest) = element.split_at(len);
        let is_parameter = rest.trim_ascii_start().starts_with(b"=");
        let is_whole = rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'));
        (len > 0 && is_whole && !is_parameter).then_some(name)
    })
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
