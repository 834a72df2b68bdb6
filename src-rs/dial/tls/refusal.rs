//! Why a certificate is refused, under Node's codes and in a sentence that says what to do; knows verdicts, not how they are
//! reached.

use std::{fmt::Write as _, sync::Arc};

use rustls::{
    CertificateError, Error, OtherError,
    pki_types::{CertificateDer, ServerName},
};

use super::certificate::{Certificate, sha256};
use crate::failure::{Failure, Phase};

/// CERT_E_REVOCATION_FAILURE, 0x800B010E, as std writes it: Wine's CryptoAPI says so of a chain that leads nowhere.
const NO_REVOCATION: &str = "(os error -2146762482)";

/// The certificates that a server has sent, and who it should be.
pub struct Presented<'a> {
    pub leaf: &'a CertificateDer<'a>,
    pub others: &'a [CertificateDer<'a>],
    pub name: &'a ServerName<'a>,
}

impl Presented<'_> {
    /// The refusal as rustls hands it on, whole, to who asked for the connection.
    pub fn refuse(&self, code: &str, why: impl AsRef<str>) -> Error {
        let subject = Certificate::read(self.leaf).map(|leaf| leaf.subject()).unwrap_or_default();
        let message = format!("the certificate of {} ({subject}) {}", self.name.to_str(), why.as_ref());
        other(code, message, self.leaf)
    }

    /// What rustls says of the chain.
    pub fn refuse_for(&self, error: &Error) -> Error {
        let Error::InvalidCertificate(error) = error else {
            return self.refuse("CERT_REJECTED", format!("was refused: {error}"));
        };
        match error {
            CertificateError::UnknownIssuer => self.refuse_unknown(),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                self.refuse("CERT_HAS_EXPIRED", format!("has expired, or one above it has: {error}"))
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => self.refuse(
                "CERT_NOT_YET_VALID",
                format!("is not valid yet, or one above it is not; is this machine's clock right? {error}"),
            ),
            CertificateError::NotValidForName => self.refuse_name(&[]),
            CertificateError::NotValidForNameContext { presented, .. } => self.refuse_name(presented),
            CertificateError::BadSignature => self.refuse(
                "CERT_SIGNATURE_FAILURE",
                "has a signature that is wrong, or made by an RSA key of fewer than 2048 bits, or one above it has",
            ),
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => self.refuse(
                "UNSUPPORTED_SIGNATURE_ALGORITHM",
                "is signed in a way that is no longer safe (SHA-1, MD5) or not known here, or one above it is",
            ),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                self.refuse_purpose()
            }
            CertificateError::Revoked => self.refuse("CERT_REVOKED", "has been revoked"),
            CertificateError::BadEncoding => self.refuse("ERR_TLS_CERT_INVALID", "is malformed, or one above it is"),
            CertificateError::Other(OtherError(inner)) => match inner.downcast_ref::<webpki::Error>() {
                Some(error) => self.refuse_by_webpki(error),
                // All that rustls-platform-verifier says of a wrong purpose.
                None if inner.to_string() == "certificate had invalid extensions" => self.refuse_purpose(),
                None if inner.to_string().contains(NO_REVOCATION) => self.refuse_unknown(),
                None => self.refuse("CERT_REJECTED", format!("was refused: {inner}")),
            },
            error => self.refuse("CERT_REJECTED", format!("was refused: {error}")),
        }
    }

    fn refuse_by_webpki(&self, error: &webpki::Error) -> Error {
        use webpki::Error as Why;
        match error {
            // What a device signs for itself often says so; what is wrong with it is that nobody vouches for it.
            Why::CaUsedAsEndEntity if self.chain().first().is_some_and(Certificate::is_self_issued) => self.refuse_unknown(),
            Why::CaUsedAsEndEntity => self.refuse(
                "INVALID_CA",
                "is that of an authority and not of a server: to trust just this one, pass it in options.tls.ca",
            ),
            Why::EndEntityUsedAsCa => self.refuse("INVALID_CA", "is signed by one that is no authority"),
            Why::PathLenConstraintViolated => {
                self.refuse("PATH_LENGTH_EXCEEDED", "is below an authority that may not sign authorities")
            }
            Why::NameConstraintViolation => {
                self.refuse("PERMITTED_VIOLATION", "is for a name that its authority may not sign for")
            }
            Why::MaximumPathBuildCallsExceeded
            | Why::MaximumPathDepthExceeded
            | Why::MaximumSignatureChecksExceeded
            | Why::MaximumNameConstraintComparisonsExceeded => {
                self.refuse("CERT_CHAIN_TOO_LONG", "comes with a chain that takes too much work to check")
            }
            Why::UnsupportedCriticalExtension => self.refuse(
                "UNHANDLED_CRITICAL_EXTENSION",
                "has a critical extension that is not known here, or one above it has",
            ),
            Why::UnsupportedCertVersion => self.refuse(
                "ERR_TLS_CERT_INVALID",
                "is of X.509 version 1 or 2, or one above it is: trust it by options.tls.pin",
            ),
            Why::BadDer
            | Why::BadDerTime
            | Why::EmptyEkuExtension
            | Why::ExtensionValueInvalid
            | Why::InvalidCertValidity
            | Why::InvalidNetworkMaskConstraint
            | Why::InvalidSerialNumber
            | Why::MalformedDnsIdentifier
            | Why::MalformedExtensions
            | Why::MalformedNameConstraint
            | Why::SignatureAlgorithmMismatch
            | Why::TrailingData(_) => {
                self.refuse("ERR_TLS_CERT_INVALID", format!("is malformed, or one above it is: {error}"))
            }
            error => self.refuse("CERT_REJECTED", format!("was refused: {error}")),
        }
    }

    /// No chain leads to anybody who is trusted: OpenSSL's four ways to say so, by the chain that the names make.
    fn refuse_unknown(&self) -> Error {
        let chain = self.chain();
        if chain.last().is_some_and(Certificate::is_self_issued) {
            if chain.len() == 1 {
                let pin = fingerprint(self.leaf);
                return self.refuse(
                    "DEPTH_ZERO_SELF_SIGNED_CERT",
                    format!(
                        "is signed by itself and nobody vouches for it. If it is the device's own, pass it in \
                         options.tls.ca, or its SHA-256 as options.tls.pin: {pin}"
                    ),
                );
            }
            return self.refuse(
                "SELF_SIGNED_CERT_IN_CHAIN",
                "leads to a root that is not trusted here: if it is your own, pass it in options.tls.ca",
            );
        }
        if chain.len() <= 1 {
            return self.refuse(
                "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
                "is signed by somebody unknown: pass the authority's certificate in options.tls.ca, or let the server send \
                 those between them",
            );
        }
        self.refuse(
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "leads to an authority that is not trusted here: if it is your own, pass its certificate in options.tls.ca",
        )
    }

    /// The server's own certificate, and above each the one that its issuer is named by, as far as they were sent.
    fn chain(&self) -> Vec<Certificate> {
        let mut others: Vec<_> = self.others.iter().filter_map(Certificate::read).collect();
        let mut chain: Vec<_> = Certificate::read(self.leaf).into_iter().collect();
        while let Some(last) = chain.last()
            && !last.is_self_issued()
            && let Some(at) = others.iter().position(|other| other.issued(last))
        {
            chain.push(others.swap_remove(at));
        }
        chain
    }

    fn refuse_purpose(&self) -> Error {
        self.refuse(
            "INVALID_PURPOSE",
            "is not meant for servers (its extended key usage lacks serverAuth), or one above it is not",
        )
    }

    fn refuse_name(&self, presented: &[String]) -> Error {
        let names = match presented {
            [] => "is for no name at all (a common name does not count)".into(),
            names => {
                let mut list = names.iter().take(8).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
                if names.len() > 8 {
                    let _ = write!(list, " and {} more", names.len() - 8);
                }
                format!("is for {list}")
            }
        };
        self.refuse(
            "ERR_TLS_CERT_ALTNAME_INVALID",
            format!("{names}: connect by such a name, or pass it as options.tls.servername"),
        )
    }
}

/// A name as webpki writes it, `DnsName("a.test")` or `IpAddress(127.0.0.1)`, for a message: what is within, shortened and
/// without what is not to be printed.
fn shown(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    let inner = inner.trim_matches('"').escape_debug().to_string();
    match inner.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &inner[..end]),
        None => inner,
    }
}

/// A refusal of the certificate for what its key did.
pub fn other(code: &str, message: String, leaf: &CertificateDer<'_>) -> Error {
    let failure =
        Failure { certificate: Some(leaf.as_ref().into()), ..Failure::new(code, Phase::Tls, message) };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
}

/// As Node writes `fingerprint256`.
fn fingerprint(der: &CertificateDer<'_>) -> String {
    sha256(der).map(|byte| format!("{byte:02X}")).join(":")
}

/// There is nobody whom the system trusts.
pub fn no_system_roots() -> Error {
    let message = "this system has no certificates of authorities: install them (Debian's package is ca-certificates), or pass \
                   those you trust in options.tls.ca with options.tls.caOnly";
    let failure = Failure::new("ERR_TLS_NO_SYSTEM_ROOTS", Phase::Tls, message);
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
}
