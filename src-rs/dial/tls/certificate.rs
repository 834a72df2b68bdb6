//! What rustls does not tell of a certificate of any version: names, dates, key; knows no trust.

use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use x509_cert::{
    certificate::{CertificateInner, Raw, TbsCertificateInner},
    der::{Decode as _, Encode as _, asn1::AnyRef, oid::ObjectIdentifier},
};

use super::settings::PROVIDER;

/// A certificate that could be read.
pub struct Certificate(CertificateInner<Raw>);

/// Named by its dates, for the codes that Node has for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    TooYoung,
    Valid,
    TooOld,
}

impl Certificate {
    /// `None` for bytes that are no certificate.
    pub fn read(der: &CertificateDer<'_>) -> Option<Certificate> {
        CertificateInner::from_der(der).ok().map(Certificate)
    }

    fn body(&self) -> &TbsCertificateInner<Raw> {
        &self.0.tbs_certificate
    }

    /// Its issuer calls itself what it is called itself, as is only so where a certificate is its own root.
    pub fn is_self_issued(&self) -> bool {
        self.body().issuer == self.body().subject
    }

    /// By its name it is the issuer of `other`.
    pub fn issued(&self, other: &Certificate) -> bool {
        self.body().subject == other.body().issuer
    }

    /// Its subject as RFC 4514 writes it, shortened for a message.
    pub fn subject(&self) -> String {
        let text = self.body().subject.to_string();
        match text.char_indices().nth(120) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// The public key with its algorithm (RFC 5280 section 4.1.2.7).
    pub fn key(&self) -> Option<SubjectPublicKeyInfoDer<'static>> {
        Some(self.body().subject_public_key_info.to_der().ok()?.into())
    }

    /// The modulus' length in bits, of an RSA key.
    pub fn rsa_bits(&self) -> Option<usize> {
        const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
        let info = &self.body().subject_public_key_info;
        if info.algorithm.oid != RSA {
            return None;
        }
        // RFC 8017 appendix A.1.1: a SEQUENCE of modulus and exponent.
        let parts = Vec::<AnyRef<'_>>::from_der(info.subject_public_key.as_bytes()?).ok()?;
        let modulus = parts.first()?.value();
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        let first = *modulus.get(zeros)?;
        Some((modulus.len() - zeros) * 8 - first.leading_zeros() as usize)
    }

    /// Whether `now` is within its dates.
    pub fn age(&self, now: UnixTime) -> Age {
        let validity = &self.body().validity;
        if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
            Age::TooYoung
        } else if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
            Age::TooOld
        } else {
            Age::Valid
        }
    }
}

/// The SHA-256 of `bytes`, by the cryptography of the connections.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = PROVIDER.cipher_suites.iter().find_map(|suite| {
        let hash = suite.tls13()?.common.hash_provider.hash(bytes);
        hash.as_ref().try_into().ok()
    });
    hash.expect("TLS_AES_128_GCM_SHA256 is mandatory: RFC 8446 section 9.1")
}
