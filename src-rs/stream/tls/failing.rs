//! What goes wrong in TLS, as failures with Node's codes; knows rustls' errors, not when they happen.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use super::alerts;
use crate::failure::{Failure, Phase};

/// rustls' error as a failure. A certificate that was refused tells by itself what is wrong with it.
pub fn failure(error: Error, phase: Phase) -> Failure {
    let tell = |code: &str, message: String| Failure::new(code, phase, message);
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<Failure>() {
                Some(refused) => refused.clone(),
                None => tell("CERT_REJECTED", format!("the certificate was refused: {}", other.0)),
            }
        }
        Error::InvalidCertificate(error) => {
            tell("CERT_REJECTED", format!("the certificate was refused: {error}"))
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) => unsupported_protocol(phase),
        Error::AlertReceived(alert) => {
            let (code, meaning) = alerts::name(alert);
            // What an alert means it means in a handshake; later ones have reasons of their own.
            let meaning = if phase == Phase::Tls { format!(": {meaning}") } else { String::new() };
            tell(&code, format!("the peer ended TLS by the alert {alert:?}{meaning}"))
        }
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => unsupported_protocol(phase),
        Error::PeerIncompatible(how) => {
            tell("ERR_SSL_PEER_INCOMPATIBLE", format!("the peer's TLS cannot be used: {how:?}"))
        }
        Error::PeerMisbehaved(PeerMisbehaved::AttemptedDowngradeToTls12WhenTls13IsSupported) => {
            let message =
                "somebody on the way has talked the server down to TLS 1.2 (RFC 8446 section 4.1.3)";
            tell("ERR_SSL_DOWNGRADE", message.into())
        }
        Error::PeerMisbehaved(how) => {
            tell("ERR_SSL_PEER_MISBEHAVED", format!("the peer breaks TLS: {how:?}"))
        }
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::InvalidEmptyPayload
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::UnknownProtocolVersion,
        ) if phase == Phase::Tls => tell(
            "ERR_SSL_WRONG_VERSION_NUMBER",
            "the peer does not speak TLS here: is it the port for plain connections, or one for startTls()?"
                .into(),
        ),
        Error::InvalidMessage(how) => {
            tell("ERR_SSL_PEER_MISBEHAVED", format!("the peer breaks TLS: {how:?}"))
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            tell("ERR_SSL_PEER_MISBEHAVED", format!("the peer breaks TLS: {error}"))
        }
        Error::DecryptError => tell(
            "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
            "a record cannot be decrypted: it was changed on the way".into(),
        ),
        other => tell("ERR_SSL_PEER_MISBEHAVED", format!("TLS failed: {other}")),
    }
}

fn unsupported_protocol(phase: Phase) -> Failure {
    let message = "the server speaks none of the TLS versions that are allowed here; tcpull speaks 1.2 and 1.3, and no older \
                   one: update the server, or put a TLS proxy in front of it";
    Failure::new("ERR_SSL_UNSUPPORTED_PROTOCOL", phase, message)
}

/// The connection ended without TLS' own end.
pub fn truncated(phase: Phase) -> Failure {
    let message = match phase {
        Phase::Tls => "the peer ended the connection within the TLS handshake",
        _ => "the connection ended without close_notify: what came may have been cut short",
    };
    Failure::new("ERR_TLS_TRUNCATED", phase, message)
}
