//! What a proxy's bytes may turn out to be, in every protocol; knows neither the protocols nor who asks.

use std::fmt;

/// The most characters that are quoted of a proxy's own words.
const MAX_QUOTE: usize = 100;

/// What the bytes so far are to somebody who waits for a message. However they are cut on their way, and
/// whatever follows, the last verdict is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict<T> {
    /// Not yet a whole message.
    More,
    /// The message is there.
    Done {
        /// What it says.
        value: T,
        /// How many bytes it took. Those behind are the next message's, or the target's own: it may speak
        /// first.
        used: usize,
    },
    /// The proxy will not do it. The connection is of no use any more.
    Wrong(Wrong),
}

/// Why a proxy does not do what it was asked for.
///
/// No text in here holds a byte of the proxy's that is not printable ASCII, a user or a password. One of less
/// than 4 bytes may stand in a proxy's own words by chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The proxy wants a login, or not the one it was given: `ERR_PROXY_AUTH`.
    Auth {
        /// What it answered.
        reply: Reply,
        /// Whether it was given a login.
        login_given: bool,
        /// What it offers instead: the names of HTTP's authentication schemes. Empty with SOCKS.
        offers: Vec<String>,
    },
    /// The proxy understood and said no: `ERR_PROXY_REFUSED`.
    Refused {
        /// What it answered.
        reply: Reply,
        /// Whose doing it was, as far as the protocol tells.
        by: Party,
    },
    /// What came is not an answer in the protocol: `ERR_PROXY_PROTOCOL`.
    Protocol {
        /// The protocol's name.
        protocol: &'static str,
        /// How it was broken.
        sentence: String,
    },
}

/// A proxy's answer other than yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What the number is: `SOCKS5 reply`, `HTTP status`, ….
    pub kind: &'static str,
    /// The number.
    pub number: u16,
    /// What it means: the specification's words with SOCKS, the proxy's own with HTTP, where they may be
    /// empty.
    pub meaning: String,
}

/// Who turned a connection down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The proxy, by its rules or by a fault of its own.
    Proxy,
    /// The target, or the network between it and the proxy.
    Target,
}

impl Wrong {
    /// The code that JavaScript sees.
    pub fn code(&self) -> &'static str {
        match self {
            Wrong::Auth { .. } => "ERR_PROXY_AUTH",
            Wrong::Refused { .. } => "ERR_PROXY_REFUSED",
            Wrong::Protocol { .. } => "ERR_PROXY_PROTOCOL",
        }
    }

    /// The answer, where there was one in the protocol.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Wrong::Auth { reply, .. } | Wrong::Refused { reply, .. } => Some(reply),
            Wrong::Protocol { .. } => None,
        }
    }

    pub(super) fn protocol(protocol: &'static str, sentence: impl Into<String>) -> Wrong {
        Wrong::Protocol { protocol, sentence: sentence.into() }
    }

    /// The first byte already shows that the proxy speaks something else.
    pub(super) fn begins_with(protocol: &'static str, first: u8) -> Wrong {
        // Mistaking one port or scheme for another is the usual cause.
        let like = match first {
            0x00 => ", as SOCKS4 does",
            0x05 => ", as SOCKS5 does",
            0x15 => ", as TLS does when it is spoken to in plain",
            b'H' => ", as HTTP does",
            _ => "",
        };
        Wrong::protocol(protocol, format!("its reply begins with byte 0x{first:02x}{like}"))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Auth { reply, login_given, offers } => {
                let lead = if *login_given { "does not accept the login" } else { "wants a login" };
                write!(f, "the proxy {lead}: {reply}")?;
                if offers.is_empty() { Ok(()) } else { write!(f, "; it offers {}", offers.join(", ")) }
            }
            Wrong::Refused { reply, by: Party::Proxy } => write!(f, "the proxy refused: {reply}"),
            Wrong::Refused { reply, by: Party::Target } => {
                write!(f, "the proxy did not reach the target: {reply}")
            }
            Wrong::Protocol { protocol, sentence } => {
                write!(f, "the proxy does not keep to {protocol}: {sentence}")
            }
        }
    }
}

impl std::error::Error for Wrong {}

impl Reply {
    pub(super) fn new(kind: &'static str, number: impl Into<u16>, meaning: impl Into<String>) -> Reply {
        Reply { kind, number: number.into(), meaning: meaning.into() }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.number)?;
        if self.meaning.is_empty() { Ok(()) } else { write!(f, ", {}", self.meaning) }
    }
}

/// A proxy's words as they may stand in a message, in a log and on a terminal: printable ASCII, at most 100
/// characters.
pub(super) fn quote(words: &[u8]) -> String {
    let mut quoted = String::new();
    // Where dots still fit behind, and no escape is cut.
    let mut fit = 0;
    for &byte in words {
        match byte {
            b'\\' => quoted.push_str("\\\\"),
            b' '..=b'~' => quoted.push(byte.into()),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
        if quoted.len() <= MAX_QUOTE - 3 {
            fit = quoted.len();
        }
        if quoted.len() > MAX_QUOTE {
            quoted.truncate(fit);
            quoted.push_str("...");
            break;
        }
    }
    quoted
}

#[cfg(test)]
#[path = "reply_tests.rs"]
pub(super) mod tests;
