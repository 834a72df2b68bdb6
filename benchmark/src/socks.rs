//! What a SOCKS5 proxy without a login says (RFC 1928), as pure messages. It leads nowhere: the far end, which speaks so
//! on one of its ports, is itself whatever target is asked for, so that clients are measured and no proxy is.

use std::io::{self, ErrorKind};

/// How far a client has come.
#[derive(Clone, Copy)]
pub enum Socks {
    /// It says which ways to log in it knows.
    Greeting,
    /// It says where it wants to go.
    Request,
}

const VERSION: u8 = 5;
/// So many bytes show how long any message is.
const ENOUGH: usize = 5;

impl Socks {
    /// The length of the message that `heard` begins with, and its answer; `None` if it is not whole yet.
    pub fn answer(self, heard: &[u8]) -> io::Result<Option<(usize, &'static [u8])>> {
        let len = match (self, heard) {
            (Self::Greeting, [VERSION, methods, ..]) => 2 + usize::from(*methods),
            (Self::Request, [VERSION, 1, 0, 1, ..]) => 10,
            (Self::Request, [VERSION, 1, 0, 3, name, ..]) => 7 + usize::from(*name),
            (Self::Request, [VERSION, 1, 0, 4, ..]) => 22,
            _ if heard.len() < ENOUGH => return Ok(None),
            _ => return Err(ErrorKind::InvalidData.into()),
        };
        let answer: &[u8] = match self {
            // The way without a login.
            Self::Greeting => &[VERSION, 0],
            // Connected, from no address that would matter.
            Self::Request => &[VERSION, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        };
        Ok((heard.len() >= len).then_some((len, answer)))
    }
}
