//! The alerts of TLS (RFC 8446 section 6) under the codes that Node gives them, which are OpenSSL's reasons.

use rustls::AlertDescription as Alert;

/// OpenSSL's code for an alert that the peer has sent, and what it says to a person.
pub fn name(alert: Alert) -> (String, &'static str) {
    let (code, meaning) = match alert {
        Alert::UnexpectedMessage => ("SSLV3_ALERT_UNEXPECTED_MESSAGE", "a message came when it should not"),
        Alert::BadRecordMac => ("SSLV3_ALERT_BAD_RECORD_MAC", "a record could not be decrypted"),
        Alert::DecryptionFailed => ("TLSV1_ALERT_DECRYPTION_FAILED", "a record could not be decrypted"),
        Alert::RecordOverflow => ("TLSV1_ALERT_RECORD_OVERFLOW", "a record was too large"),
        Alert::DecompressionFailure => {
            ("SSLV3_ALERT_DECOMPRESSION_FAILURE", "a record could not be unpacked")
        }
        Alert::HandshakeFailure => (
            "SSLV3_ALERT_HANDSHAKE_FAILURE",
            "there is no cipher, group or signature that both sides accept, or it wants a client certificate",
        ),
        Alert::NoCertificate => ("SSLV3_ALERT_NO_CERTIFICATE", "it wants a client certificate"),
        Alert::BadCertificate => ("SSLV3_ALERT_BAD_CERTIFICATE", "it refuses the client certificate"),
        Alert::UnsupportedCertificate => {
            ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "it cannot use the client certificate")
        }
        Alert::CertificateRevoked => ("SSLV3_ALERT_CERTIFICATE_REVOKED", "the client certificate is revoked"),
        Alert::CertificateExpired => {
            ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "the client certificate has expired")
        }
        Alert::CertificateUnknown => ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "it refuses the client certificate"),
        Alert::IllegalParameter => {
            ("SSLV3_ALERT_ILLEGAL_PARAMETER", "a value in the handshake is not allowed")
        }
        Alert::UnknownCA => ("TLSV1_ALERT_UNKNOWN_CA", "it does not know the client certificate's issuer"),
        Alert::AccessDenied => ("TLSV1_ALERT_ACCESS_DENIED", "the client certificate has no access"),
        Alert::DecodeError => ("TLSV1_ALERT_DECODE_ERROR", "a message could not be read"),
        Alert::DecryptError => ("TLSV1_ALERT_DECRYPT_ERROR", "a signature or key in the handshake is wrong"),
        Alert::ExportRestriction => ("TLSV1_ALERT_EXPORT_RESTRICTION", "export rules forbid it"),
        Alert::InsufficientSecurity => {
            ("TLSV1_ALERT_INSUFFICIENT_SECURITY", "it wants stronger ciphers than were offered")
        }
        Alert::InternalError => ("TLSV1_ALERT_INTERNAL_ERROR", "it had an internal error"),
        Alert::InappropriateFallback => {
            ("TLSV1_ALERT_INAPPROPRIATE_FALLBACK", "it can speak a newer version than was offered")
        }
        Alert::UserCanceled => ("TLSV1_ALERT_USER_CANCELLED", "it gave the handshake up"),
        Alert::NoRenegotiation => ("TLSV1_ALERT_NO_RENEGOTIATION", "it does not negotiate again"),
        Alert::MissingExtension => ("TLSV13_ALERT_MISSING_EXTENSION", "an extension is missing"),
        Alert::UnsupportedExtension => ("TLSV1_UNSUPPORTED_EXTENSION", "an extension is not supported"),
        Alert::CertificateUnobtainable => {
            ("TLSV1_CERTIFICATE_UNOBTAINABLE", "it could not fetch a certificate")
        }
        Alert::UnrecognisedName => ("TLSV1_UNRECOGNIZED_NAME", "it serves no host of that name"),
        Alert::BadCertificateStatusResponse => {
            ("TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE", "the certificate's status is wrong")
        }
        Alert::BadCertificateHashValue => {
            ("TLSV1_BAD_CERTIFICATE_HASH_VALUE", "the certificate's hash is wrong")
        }
        Alert::UnknownPSKIdentity => ("TLSV1_ALERT_UNKNOWN_PSK_IDENTITY", "it does not know the session"),
        Alert::CertificateRequired => ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "it wants a client certificate"),
        Alert::NoApplicationProtocol => {
            ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "it speaks none of the application protocols offered")
        }
        other => return (format!("ERR_SSL_ALERT_NUMBER_{}", u8::from(other)), "no reason known here"),
    };
    (format!("ERR_SSL_{code}"), meaning)
}
