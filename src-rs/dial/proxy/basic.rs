//! Basic, the login of an HTTP proxy (RFC 7617); knows the header's value, not the request around it.
//!
//! No crate: one direction of base64 (RFC 4648 section 4) is ten lines, and the proxy messages import only
//! std and memchr.

use std::fmt;

use memchr::memmem;

use super::destination::Unfit;

/// The most bytes of user and password together. The protocol sets no limit, but proxies take heads of some 8
/// KiB; tokens in the place of a password are longer than SOCKS' 255 bytes.
pub const MAX_LOGIN: usize = 4096;

/// What is shorter can be met in any text by chance.
const MIN_SECRET: usize = 4;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A user and a password, as the header's value that carries them.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    credentials: String,
}

/// Tells nothing: what is printed ends in a log.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

impl Login {
    /// Refuses control characters in either and a colon in the user, where the password would begin (RFC 7617
    /// section 2). Both may be empty; together they have at most [`MAX_LOGIN`] bytes.
    pub fn new(user: &str, password: &str) -> Result<Login, Unfit> {
        if user.contains(':') {
            return Err(Unfit::new("a user must not contain a colon in HTTP"));
        }
        for (what, text) in [("a user", user), ("a password", password)] {
            if text.chars().any(char::is_control) {
                return Err(Unfit::new(format!("{what} must not contain control characters in HTTP")));
            }
        }
        let len = user.len() + password.len();
        if len > MAX_LOGIN {
            return Err(Unfit::new(format!(
                "user and password have at most {MAX_LOGIN} bytes together in HTTP, these {len}"
            )));
        }
        let credentials = base64(format!("{user}:{password}").as_bytes());
        Ok(Login { credentials })
    }

    /// The value of `Proxy-Authorization` without the scheme.
    pub(super) fn credentials(&self) -> &str {
        &self.credentials
    }
}

/// What must not be quoted: the logins of all proxies on the way, since one sees what the next is told.
#[derive(Clone, Default)]
pub struct Secrets(Vec<Vec<u8>>);

/// Tells nothing, as above.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// A user and a password in the forms that they are told in, also without base64's padding.
    pub fn of(user: &str, password: &str) -> Secrets {
        let encoded = [format!("{user}:{password}"), user.into(), password.into()]
            .map(|text| base64(text.as_bytes()).trim_end_matches('=').into());
        let plain = [user, password].map(Into::into);
        Secrets(
            plain.into_iter().chain(encoded).filter(|secret: &Vec<u8>| secret.len() >= MIN_SECRET).collect(),
        )
    }

    /// Adds those of another login.
    pub fn extend(&mut self, others: &Secrets) {
        self.0.extend_from_slice(&others.0);
    }

    /// Whether a proxy's words repeat one of them, so that they must not be quoted. Secrets of fewer than 4 bytes are not
    /// looked for.
    pub fn are_repeated_in(&self, words: &[u8]) -> bool {
        self.0.iter().any(|secret| memmem::find(words, secret).is_some())
    }
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            // A group of n bytes fills n + 1 digits.
            let six = bits >> (18 - 6 * digit) & 0x3F;
            text.push(if digit <= group.len() { DIGITS[six as usize].into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
#[path = "basic_tests.rs"]
mod tests;
