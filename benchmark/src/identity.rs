//! Who the far end is over TLS: a certificate made at start, and the settings made of it. Knows no sockets.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::ServerConfig;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{Ticketer, cipher_suite, default_provider, kx_group};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::version::TLS13;
use std::error::Error;
use std::sync::Arc;

/// The name in the certificate.
pub const NAME: &str = "far-end.test";

/// Settings of the TLS ports, and what a client needs to trust them.
pub struct Identity {
    /// The authority's certificate in PEM.
    pub ca: String,
    /// Key exchange by X25519, which every client offers.
    pub classical: Arc<ServerConfig>,
    /// Key exchange by X25519MLKEM768.
    pub hybrid: Arc<ServerConfig>,
}

impl Identity {
    /// ECDSA P-256, signed by an authority, as most servers have it: a client checks one signature of the chain and
    /// one of the handshake.
    pub fn make() -> Result<Self, Box<dyn Error>> {
        let authority_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca = authority.self_signed(&authority_key)?.pem();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut leaf = CertificateParams::new([NAME.to_owned()])?;
        // Not the authority's name, or it would be taken to have signed itself.
        leaf.distinguished_name.push(DnType::CommonName, NAME);
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&key, &Issuer::new(authority, authority_key))?;
        let chain = [leaf.der().clone()];
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let classical = settings(kx_group::X25519, &chain, &key)?;
        let hybrid = settings(kx_group::X25519MLKEM768, &chain, &key)?;
        Ok(Self { ca, classical, hybrid })
    }
}

/// TLS 1.3 with one cipher and one key exchange: all contestants do the same work, whatever each would prefer.
fn settings(
    group: &'static dyn SupportedKxGroup,
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
    let mut provider = default_provider();
    provider.cipher_suites = vec![cipher_suite::TLS13_AES_128_GCM_SHA256];
    provider.kx_groups = vec![group];
    let mut settings = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain.to_vec(), key.clone_key())?;
    // Tickets that hold the session themselves: one may serve many connections, and none is forgotten.
    settings.ticketer = Ticketer::new()?;
    settings.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(settings))
}
