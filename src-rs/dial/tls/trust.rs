//! Who is trusted: everybody, pins, given authorities, the system's. Knows the order of these, and leaves chains to webpki
//! and the system.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{
        WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{
    certificate::{Age, Certificate, sha256},
    options::{Fault, Pin, TlsOptions},
    refusal::{self, Presented},
    settings::{PROVIDER, certificates},
};

/// Bits of an RSA key, below which signatures are not judged.
const SMALLEST_RSA: usize = 2048;

/// The judge of one configuration's connections.
#[derive(Debug)]
pub enum Trust {
    /// Certificates and keys by their SHA-256.
    Pinned(Vec<Pin>),
    /// `rejectUnauthorized: false`.
    Everybody,
    /// Those whom a chain leads from.
    Chained {
        /// Over the caller's authorities; `None` where there are none.
        own: Option<Arc<WebPkiServerVerifier>>,
        /// The caller's authorities themselves.
        listed: Vec<CertificateDer<'static>>,
        /// The system's authorities too.
        system: bool,
    },
}

impl Trust {
    /// As `options` say. Pins come first: who gives some wants nobody else, whatever is switched off beside.
    pub fn new(options: &TlsOptions) -> Result<Trust, Fault> {
        let listed =
            options.ca.iter().map(|ca| certificates("ca", ca)).collect::<Result<Vec<_>, _>>()?.concat();
        if options.ca_only && listed.is_empty() {
            return Err(Fault::new("caOnly", "needs options.tls.ca: it would trust nobody"));
        }
        let own = if listed.is_empty() { None } else { Some(anchored(&listed)?) };
        Ok(match options {
            _ if !options.pins.is_empty() => Trust::Pinned(options.pins.clone()),
            TlsOptions { verify: false, .. } => Trust::Everybody,
            _ => Trust::Chained { own, listed, system: !options.ca_only },
        })
    }

    /// The signature that proves that the server has the key of its certificate.
    fn judge_signature(
        &self,
        leaf: &CertificateDer<'_>,
        chained: impl FnOnce() -> Result<HandshakeSignatureValid, Error>,
        by_key: impl FnOnce(&Certificate) -> Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = Certificate::read(leaf);
        let bits = certificate.as_ref().and_then(Certificate::rsa_bits);
        let result = match (self, &certificate) {
            // Who asks for no check may look at the certificate himself, and then it should be the server's own. Only of
            // keys that are not judged here at all nothing is proved.
            (Trust::Everybody, None) => return Ok(HandshakeSignatureValid::assertion()),
            (Trust::Everybody, _) if bits.is_some_and(|bits| bits < SMALLEST_RSA) => {
                return Ok(HandshakeSignatureValid::assertion());
            }
            // webpki reads no certificates of version 1, as old devices have them; their keys it does.
            (Trust::Everybody | Trust::Pinned(_), Some(certificate)) => by_key(certificate),
            _ => chained(),
        };
        result.map_err(|_| match bits.filter(|bits| *bits < SMALLEST_RSA) {
            Some(bits) => {
                let message =
                    format!("the server's RSA key has {bits} bits, too few to be safe: it takes {SMALLEST_RSA} or more");
                refusal::other("EE_KEY_TOO_SMALL", message, leaf)
            }
            None => {
                let message = "the server has not proved that it has the key of its certificate: its signature is wrong, \
                               or of a kind not known here";
                refusal::other("ERR_SSL_BAD_SIGNATURE", message.into(), leaf)
            }
        })
    }
}

fn is_pinned(pins: &[Pin], leaf: &CertificateDer<'_>) -> bool {
    let key = Certificate::read(leaf).and_then(|leaf| leaf.key());
    pins.contains(&sha256(leaf)) || key.is_some_and(|key| pins.contains(&sha256(&key)))
}

fn algorithms() -> &'static WebPkiSupportedAlgorithms {
    &PROVIDER.signature_verification_algorithms
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = Presented { leaf: end_entity, others: intermediates, name: server_name };
        let (own, listed, system) = match self {
            Trust::Everybody => return Ok(ServerCertVerified::assertion()),
            Trust::Pinned(pins) if is_pinned(pins, end_entity) => {
                return Ok(ServerCertVerified::assertion());
            }
            Trust::Pinned(_) => {
                let why = "is not the one that options.tls.pin names, by itself or by its key";
                return Err(presented.refuse("ERR_TLS_PIN_MISMATCH", why));
            }
            Trust::Chained { own, listed, system } => (own, listed, *system),
        };
        let judged = |judge: &dyn ServerCertVerifier| {
            judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let mut error = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        if let Some(own) = own {
            error = match judged(&**own) {
                Ok(verified) => return Ok(verified),
                Err(error) if listed.contains(end_entity) && (is_authority(&error) || is_unknown(&error)) => {
                    return directly(&presented, now);
                }
                Err(error) => error,
            };
        }
        if system {
            match the_system() {
                Ok(system) => match judged(&*system) {
                    Ok(verified) => return Ok(verified),
                    // Of a chain that leads to the caller's authority, theirs is the better reason; and a number of the
                    // system's is none to anybody.
                    Err(other) if is_unknown(&error) && (own.is_none() || is_plain(&other)) => error = other,
                    Err(_) => {}
                },
                Err(none) if own.is_none() => return Err(none),
                Err(_) => {}
            }
        }
        Err(presented.refuse_for(&error))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge_signature(
            cert,
            || verify_tls12_signature(message, cert, dss, algorithms()),
            |certificate| verify_by_key(message, certificate, dss, algorithms()),
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge_signature(
            cert,
            || verify_tls13_signature(message, cert, dss, algorithms()),
            |certificate| {
                let key = certificate.key().ok_or(CertificateError::BadEncoding)?;
                verify_tls13_signature_with_raw_key(message, &key, dss, algorithms())
            },
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        algorithms().supported_schemes()
    }
}

fn anchored(listed: &[CertificateDer<'static>]) -> Result<Arc<WebPkiServerVerifier>, Fault> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in listed.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|error| {
            Fault::new("ca", format!("holds a certificate, number {}, that is malformed: {error}", index + 1))
        })?;
    }
    WebPkiServerVerifier::builder_with_provider(roots.into(), PROVIDER.clone())
        .build()
        .map_err(|error| Fault::new("ca", error.to_string()))
}

/// The system's own judge: CryptoAPI on Windows, the installed authorities elsewhere. They are read once, when first asked
/// for; a machine that has none yet is looked at again.
fn the_system() -> Result<Arc<dyn ServerCertVerifier>, Error> {
    static SYSTEM: Mutex<Option<Arc<rustls_platform_verifier::Verifier>>> = Mutex::new(None);
    let mut system = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
    if system.is_none() {
        let made = rustls_platform_verifier::Verifier::new(PROVIDER.clone());
        *system = Some(Arc::new(made.map_err(|_| refusal::no_system_roots())?));
    }
    match &*system {
        Some(verifier) => Ok(verifier.clone()),
        None => Err(refusal::no_system_roots()),
    }
}

fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

/// It says what is wrong in rustls' words.
fn is_plain(error: &Error) -> bool {
    !matches!(
        error,
        Error::InvalidCertificate(CertificateError::Other(_)) | Error::General(_) | Error::Other(_)
    )
}

/// The certificate was judged an authority's, as many a device calls its own certificate.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error else { return false };
    matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// The caller has listed this very certificate: no chain is needed, its name and its dates must be right.
fn directly(presented: &Presented<'_>, now: UnixTime) -> Result<ServerCertVerified, Error> {
    let refuse = |error| Err(presented.refuse_for(&Error::InvalidCertificate(error)));
    match Certificate::read(presented.leaf).map(|certificate| certificate.age(now)) {
        Some(Age::Valid) => {}
        Some(Age::TooYoung) => return refuse(CertificateError::NotValidYet),
        Some(Age::TooOld) => return refuse(CertificateError::Expired),
        None => return refuse(CertificateError::BadEncoding),
    }
    let judged = ParsedCertificate::try_from(presented.leaf)
        .and_then(|certificate| verify_server_name(&certificate, presented.name));
    match judged {
        Ok(()) => Ok(ServerCertVerified::assertion()),
        Err(error) => Err(presented.refuse_for(&error)),
    }
}

/// [`verify_tls12_signature`] for a certificate of any version.
fn verify_by_key(
    message: &[u8],
    certificate: &Certificate,
    dss: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let wrong = || Error::InvalidCertificate(CertificateError::BadSignature);
    let key = certificate.key().ok_or_else(wrong)?;
    let key = webpki::RawPublicKeyEntity::try_from(&key).map_err(|_| wrong())?;
    let of_scheme = algorithms.mapping.iter().find(|(scheme, _)| *scheme == dss.scheme);
    let proved = of_scheme.is_some_and(|(_, several)| {
        several.iter().any(|one| key.verify_signature(*one, message, dss.signature()).is_ok())
    });
    if proved { Ok(HandshakeSignatureValid::assertion()) } else { Err(wrong()) }
}
