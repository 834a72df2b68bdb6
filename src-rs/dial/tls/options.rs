//! The options of TLS as plain data, and what is wrong with one; knows no rustls and no files.

use std::{fmt, path::PathBuf};

/// What a caller may say of TLS. The default is to trust what the system trusts.
#[derive(Clone)]
pub struct TlsOptions {
    /// Certificates, in PEM or DER, that are trusted beside the system's.
    pub ca: Vec<Vec<u8>>,
    /// The system's certificates are not trusted.
    pub ca_only: bool,
    /// This end's certificate and those between it and its root, in PEM; or it alone, in DER.
    pub cert: Option<Vec<u8>>,
    /// The key of this end's certificate, as PKCS#8 in DER.
    pub key: Option<Vec<u8>>,
    /// The name that the server is asked for and has to prove; `None`: the host's.
    pub server_name: Option<String>,
    /// Application protocols (RFC 7301), the best first.
    pub alpn: Vec<Vec<u8>>,
    /// `false`: any certificate will do, unless there are pins.
    pub verify: bool,
    /// The oldest version that may be spoken.
    pub oldest: Version,
    /// The newest version that may be spoken.
    pub newest: Version,
    /// The only certificates or keys that are trusted, whatever else is; empty: those that chains lead to.
    pub pins: Vec<Pin>,
    /// Sessions of earlier connections may go on.
    pub resume: bool,
    /// Where the connection's secrets are written to, for a protocol analyser.
    pub keylog: Option<PathBuf>,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// The SHA-256 of a certificate or of its public key.
pub type Pin = [u8; 32];

impl Default for TlsOptions {
    fn default() -> TlsOptions {
        TlsOptions {
            ca: Vec::new(),
            ca_only: false,
            cert: None,
            key: None,
            server_name: None,
            alpn: Vec::new(),
            verify: true,
            oldest: Version::Tls12,
            newest: Version::Tls13,
            pins: Vec::new(),
            resume: true,
            keylog: None,
        }
    }
}

/// Says nothing of the key.
impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

/// An option that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The option's name in JavaScript.
    pub option: &'static str,
    /// What is wrong, as the rest of a sentence that begins with the option's name; holds no secret.
    pub message: String,
}

impl Fault {
    /// A fault of `option`.
    pub fn new(option: &'static str, message: impl Into<String>) -> Fault {
        Fault { option, message: message.into() }
    }
}
