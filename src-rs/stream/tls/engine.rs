//! rustls' client without a socket: ciphertext in, plaintext out, and the other way; knows no readiness and no I/O.

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig, HandshakeKind,
    client::UnbufferedClientConnection,
    pki_types::{CertificateDer, ServerName},
    unbuffered::{
        ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus, WriteTraffic,
    },
};

use super::{LARGEST_RECORD, failing::failure};
use crate::failure::{Failure, Phase};

/// The most bytes of a handshake message, as rustls has it.
const LARGEST_MESSAGE: usize = 0xffff;

/// One TLS connection, from its first byte on.
pub struct Engine {
    connection: UnbufferedClientConnection,
    /// Ciphertext that is no whole record or message yet.
    rest: Vec<u8>,
    /// The peer has sent close_notify.
    ended: bool,
    /// Why TLS itself is over: nothing more can be opened or sealed.
    failed: Option<Box<Failure>>,
    /// Why no more ciphertext comes.
    cut: Option<Box<Failure>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// What came of ciphertext.
pub struct Progress {
    /// Bytes of plaintext.
    pub filled: usize,
    /// What TLS itself has to say: handshake, alerts.
    pub outgoing: Vec<u8>,
}

/// What was agreed on, and with whom.
#[derive(Clone, Debug)]
pub struct Description {
    /// `TLSv1.3` or `TLSv1.2`, as Node writes them.
    pub protocol: &'static str,
    /// The cipher suite's IANA name.
    pub cipher: String,
    /// The key exchange group's IANA name; `None` where a resumed session had no exchange.
    pub group: Option<String>,
    /// The application protocol (RFC 7301), if one was agreed on.
    pub alpn: Option<Vec<u8>>,
    /// An earlier connection's session went on.
    pub resumed: bool,
    /// The certificates that the peer sent, in DER, its own first; of a resumed session those of its beginning.
    pub chain: Vec<Vec<u8>>,
}

impl Engine {
    /// Begins a handshake, whose first message [`Engine::open`] gives.
    pub fn new(config: Arc<ClientConfig>, name: ServerName<'static>) -> Result<Engine, Failure> {
        match UnbufferedClientConnection::new(config, name) {
            Ok(connection) => {
                Ok(Engine { connection, rest: Vec::new(), ended: false, failed: None, cut: None })
            }
            Err(error) => Err(failure(error, Phase::Tls)),
        }
    }

    /// Whether the handshake goes on.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// What was kept of the ciphertext before; the next call of [`Engine::open`] must begin with it.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    /// Opens every record that is complete in `incoming`. `into` must have room for as many bytes as `incoming` has beyond
    /// those of handshake messages. What could not be opened is [`Engine::failure`] afterwards.
    pub fn open(&mut self, incoming: &mut [u8], into: &mut [u8], phase: Phase) -> Progress {
        let mut progress = Progress { filled: 0, outgoing: Vec::new() };
        let mut done = 0;
        while self.failed.is_none() {
            let UnbufferedStatus { mut discard, state } =
                self.connection.process_tls_records(&mut incoming[done..]);
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        let end = progress.filled + record.payload.len();
                        into[progress.filled..end].copy_from_slice(record.payload);
                        progress.filled = end;
                        discard += record.discard;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(&mut progress.outgoing, |room| data.encode(room));
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.ended = true,
                Ok(_) => {
                    done += discard;
                    break;
                }
                Err(error) => {
                    self.failed = Some(failure(error, phase).into());
                    self.alert(&mut progress.outgoing);
                }
            }
            done += discard;
        }
        self.keep(&incoming[done..], phase);
        progress
    }

    /// rustls bounds the length of a message, not the ciphertext that it comes in, of which almost all may be padding; so
    /// this is bounded as its own buffer is.
    fn keep(&mut self, rest: &[u8], phase: Phase) {
        if self.failed.is_none() && rest.len() > LARGEST_MESSAGE + LARGEST_RECORD {
            let message = "the peer breaks TLS: a handshake message comes in too much ciphertext";
            self.failed = Some(Failure::new("ERR_SSL_PEER_MISBEHAVED", phase, message).into());
        }
        self.rest.clear();
        if !self.is_over() {
            self.rest.extend_from_slice(rest);
        }
        if self.rest.is_empty() {
            self.rest = Vec::new();
        }
    }

    /// The alert by which a failure is told to the peer, where one is due. Asked for more than that, rustls would look at the
    /// ciphertext again.
    fn alert(&mut self, outgoing: &mut Vec<u8>) {
        while self.connection.wants_write()
            && let Ok(ConnectionState::EncodeTlsData(mut data)) =
                self.connection.process_tls_records(&mut []).state
        {
            encode(outgoing, |room| data.encode(room));
        }
    }

    /// Seals `plain` into the front of `outgoing`, which grows as needed; gives the length.
    pub fn seal(&mut self, plain: &[u8], outgoing: &mut Vec<u8>) -> Result<usize, Failure> {
        self.write_traffic(outgoing, plain.len(), |mut traffic, room| traffic.encrypt(plain, room))
    }

    /// Seals close_notify into the front of `outgoing`; gives the length, 0 where there is nothing more to say.
    pub fn close_notify(&mut self, outgoing: &mut Vec<u8>) -> usize {
        self.write_traffic(outgoing, 2, |mut traffic, room| traffic.queue_close_notify(room)).unwrap_or(0)
    }

    fn write_traffic(
        &mut self,
        outgoing: &mut Vec<u8>,
        size: usize,
        write: impl Fn(
            WriteTraffic<'_, rustls::client::ClientConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> Result<usize, Failure> {
        if let Some(failure) = &self.failed {
            return Err(Failure::clone(failure));
        }
        // A record adds 22 bytes in TLS 1.3 and 29 in TLS 1.2; a key update may come first.
        let mut room = size + (size / 16_384 + 2) * 64;
        let mut at = 0;
        loop {
            if outgoing.len() < at + room {
                outgoing.resize(at + room, 0);
            }
            match self.connection.process_tls_records(&mut self.rest).state {
                Ok(ConnectionState::WriteTraffic(traffic)) => match write(traffic, &mut outgoing[at..]) {
                    Ok(count) => return Ok(at + count),
                    Err(EncryptError::InsufficientSize(InsufficientSizeError { required_size })) => {
                        room = required_size;
                    }
                    Err(EncryptError::EncryptExhausted) => {
                        let message = "the keys of this connection have sealed as much as they may";
                        return Err(Failure::new("ERR_SSL_KEYS_EXHAUSTED", Phase::Write, message));
                    }
                },
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    let mut said = Vec::new();
                    encode(&mut said, |room| data.encode(room));
                    outgoing.splice(at..at, said.iter().copied());
                    at += said.len();
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.ended = true,
                Ok(_) => {
                    let message = "TLS takes no data at this time";
                    return Err(Failure::new("ERR_INTERNAL", Phase::Write, message));
                }
                Err(error) => return Err(failure(error, Phase::Write)),
            }
        }
    }

    /// No more ciphertext comes, for this reason. Without close_notify before that, anybody on the way may have cut it (RFC
    /// 8446 section 6.1).
    pub fn cut(&mut self, failure: Failure) {
        if !self.is_over() {
            self.cut = Some(failure.into());
            self.rest = Vec::new();
        }
    }

    /// No plaintext will come any more.
    pub fn is_over(&self) -> bool {
        self.ended || self.failed.is_some() || self.cut.is_some()
    }

    /// Whether what is sealed can still be of use to the peer.
    pub fn is_broken(&self) -> bool {
        self.failed.is_some()
    }

    /// Why no plaintext comes any more; `None` too when the peer has said that it has sent everything.
    pub fn failure(&self) -> Option<Failure> {
        self.failed.as_deref().or(self.cut.as_deref()).cloned()
    }

    /// What the handshake has agreed on.
    pub fn describe(&self) -> Description {
        let protocol = match self.connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let suite = self.connection.negotiated_cipher_suite().map(|suite| suite.suite());
        let cipher = suite.and_then(|suite| suite.as_str()).unwrap_or_default();
        let group = self.connection.negotiated_key_exchange_group().map(|group| group.name());
        let chain = self.connection.peer_certificates().unwrap_or_default();
        Description {
            protocol,
            // rustls tells TLS 1.3's suites from those before by a word that IANA does not use.
            cipher: cipher.replacen("TLS13_", "TLS_", 1),
            group: group.map(|group| group.as_str().map_or(format!("{group:?}"), Into::into)),
            alpn: self.connection.alpn_protocol().map(Into::into),
            resumed: self.connection.handshake_kind() == Some(HandshakeKind::Resumed),
            chain: chain.iter().map(|certificate: &CertificateDer<'_>| certificate.to_vec()).collect(),
        }
    }
}

/// Appends what `write` puts into as much room as it asks for.
fn encode(outgoing: &mut Vec<u8>, mut write: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>) {
    let at = outgoing.len();
    if let Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size })) = write(&mut []) {
        outgoing.resize(at + required_size, 0);
        let count = write(&mut outgoing[at..]).unwrap_or(0);
        outgoing.truncate(at + count);
    }
}
