//! Options of TLS become rustls' configuration, which connections of like options share; knows no sockets.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::{
    ClientConfig, SupportedProtocolVersion,
    client::Resumption,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};

use super::{
    certificate::sha256,
    keylog,
    options::{Fault, Pin, TlsOptions, Version},
    trust::Trust,
};

/// How many kinds of options are remembered; the one not used for the longest time is forgotten first.
const REMEMBERED: usize = 128;

/// Sessions that are kept for each kind of options. rustls keeps 8 for a name, and of the names the last.
const SESSIONS: usize = 256;

/// The cryptography of all connections.
pub static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    #[cfg(not(feature = "ring"))]
    return Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(feature = "ring")]
    return Arc::new(rustls::crypto::ring::default_provider());
});

/// The configuration for `options` and `port`, the same one for the same, so that connections can go on with the sessions of
/// earlier ones; never with those of connections that trusted others or were somebody else, nor of another service of the
/// same host, which rustls does not tell apart. With a key log it is a fresh one: its file is open no longer than its
/// connections.
pub fn shared(options: &TlsOptions, port: u16) -> Result<Arc<ClientConfig>, Fault> {
    static REMEMBERING: Mutex<Vec<([u8; 32], Arc<ClientConfig>)>> = Mutex::new(Vec::new());
    if options.keylog.is_some() {
        return configure(options).map(Arc::new);
    }
    let digest = digest(options, port);
    let mut remembered = REMEMBERING.lock().unwrap_or_else(PoisonError::into_inner);
    let known = remembered.iter().position(|(other, _)| *other == digest);
    let config = match known {
        Some(at) => remembered.remove(at).1,
        None => configure(options)?.into(),
    };
    if remembered.len() == REMEMBERED {
        remembered.remove(0);
    }
    remembered.push((digest, config.clone()));
    Ok(config)
}

/// What tells kinds of options apart: all of them but the name, which is each connection's own. A digest, so that no key is
/// kept for it.
fn digest(options: &TlsOptions, port: u16) -> [u8; 32] {
    let TlsOptions {
        ca,
        ca_only,
        cert,
        key,
        server_name: _,
        alpn,
        verify,
        oldest,
        newest,
        pins,
        resume,
        keylog: _,
    } = options;
    let mut bytes = vec![(*ca_only).into(), (*verify).into(), *oldest as u8, *newest as u8, (*resume).into()];
    bytes.extend(port.to_le_bytes());
    let mut list = |items: &mut dyn Iterator<Item = &[u8]>| {
        for item in items {
            bytes.push(1);
            bytes.extend(item.len().to_le_bytes());
            bytes.extend_from_slice(item);
        }
        bytes.push(0);
    };
    list(&mut ca.iter().map(Vec::as_slice));
    list(&mut cert.iter().map(Vec::as_slice));
    list(&mut key.iter().map(Vec::as_slice));
    list(&mut alpn.iter().map(Vec::as_slice));
    list(&mut pins.iter().map(Pin::as_slice));
    sha256(&bytes)
}

fn configure(options: &TlsOptions) -> Result<ClientConfig, Fault> {
    let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(&versions(options)?)
        .map_err(|error| Fault::new("minVersion", error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust::new(options)?));
    let mut config = match (&options.cert, &options.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(cert), Some(key)) => {
            let key = PrivatePkcs8KeyDer::from(key.clone());
            builder
                .with_client_auth_cert(certificates("cert", cert)?, key.into())
                .map_err(|error| unusable_key(&error))?
        }
        (Some(_), None) => return Err(Fault::new("cert", "needs options.tls.key")),
        (None, Some(_)) => return Err(Fault::new("key", "needs options.tls.cert")),
    };
    config.alpn_protocols.clone_from(&options.alpn);
    config.resumption =
        if options.resume { Resumption::in_memory_sessions(SESSIONS) } else { Resumption::disabled() };
    if let Some(path) = &options.keylog {
        config.key_log = keylog::open(path)?;
    }
    Ok(config)
}

fn versions(options: &TlsOptions) -> Result<Vec<&'static SupportedProtocolVersion>, Fault> {
    match (options.oldest, options.newest) {
        (Version::Tls12, Version::Tls13) => Ok(vec![&TLS13, &TLS12]),
        (Version::Tls12, Version::Tls12) => Ok(vec![&TLS12]),
        (Version::Tls13, Version::Tls13) => Ok(vec![&TLS13]),
        (Version::Tls13, Version::Tls12) => Err(Fault::new("minVersion", "must not be above maxVersion")),
    }
}

/// The certificates of PEM, at least one, or the one of DER.
pub fn certificates(option: &'static str, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Fault> {
    // PEM may have any text around it; DER begins with the tag of a SEQUENCE.
    if bytes.first() == Some(&0x30) && memchr::memmem::find(bytes, b"-----BEGIN").is_none() {
        return Ok(vec![CertificateDer::from(bytes.to_vec())]);
    }
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    match list {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => {
            Err(Fault::new(option, "must hold a certificate, in PEM (-----BEGIN CERTIFICATE-----) or DER"))
        }
        Err(error) => Err(Fault::new(option, format!("is malformed PEM: {error}"))),
    }
}

fn unusable_key(error: &rustls::Error) -> Fault {
    match error {
        rustls::Error::InconsistentKeys(_) => Fault::new("key", "must be the key of options.tls.cert"),
        rustls::Error::InvalidCertificate(_) => Fault::new("cert", "is malformed"),
        _ => Fault::new(
            "key",
            "must be an RSA key from 2048 bits on, ECDSA on P-256, P-384 or P-521, or Ed25519",
        ),
    }
}
