//! Where a proxy is to connect to, checked by one rule for every protocol; knows no protocol and no network.

use std::{fmt, net::IpAddr};

/// The most bytes of a name: the length is one byte in SOCKS5 (RFC 1928 section 5), and DNS names are shorter
/// anyway.
pub const MAX_NAME: usize = 255;

/// The machine that a proxy is asked for. The port is said beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// A name in ASCII, which the proxy looks up.
    Name(&'a str),
    /// An address, looked up here or written so. One with an interface (`fe80::1%eth0`) means nothing to a
    /// proxy.
    Ip(IpAddr),
}

/// What was asked for cannot be said in the proxy's protocol. Found before anything is sent; the message
/// holds neither user nor password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// A sentence for a person.
    pub message: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unfit {}

impl Unfit {
    pub(super) fn new(message: impl Into<String>) -> Unfit {
        Unfit { message: message.into() }
    }

    /// Refuses `text` if its length is outside `from..=to` bytes; the message tells the length alone.
    pub(super) fn unless_of_length(
        what: &str,
        text: &str,
        from: usize,
        to: usize,
        protocol: &str,
    ) -> Result<(), Unfit> {
        let len = text.len();
        if (from..=to).contains(&len) {
            return Ok(());
        }
        Err(Unfit::new(format!("{what} has {from} to {to} bytes in {protocol}, this one {len}")))
    }
}

impl Destination<'_> {
    /// Refuses a name that a proxy could read in another way than it was meant, and port 0.
    pub(super) fn check(self, port: u16) -> Result<(), Unfit> {
        if port == 0 {
            return Err(Unfit::new("a proxy cannot be asked for port 0"));
        }
        let Destination::Name(name) = self else { return Ok(()) };
        Unfit::unless_of_length("a host name", name, 1, MAX_NAME, "a proxy's request")?;
        match name.chars().find(|&c| !is_fit(c)) {
            Some(found) => Err(Unfit::new(format!("a host name for a proxy must not contain {found:?}"))),
            None => Ok(()),
        }
    }
}

/// All but the URL standard's forbidden domain code points. These would end the name (NUL in SOCKS4a, white
/// space, `:` and line ends in HTTP) or turn it into something else (`@`, `/`, `[`, `%`). IDNA comes before,
/// so all else is ASCII.
fn is_fit(c: char) -> bool {
    c.is_ascii_graphic() && !"\"#%/:<>?@[\\]^`{|}".contains(c)
}

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
