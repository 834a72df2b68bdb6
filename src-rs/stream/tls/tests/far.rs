//! The far end of a TLS connection in memory, rustls' own server, and the wire between; asserts nothing.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice, Read as _, Write as _},
    sync::{Arc, LazyLock},
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion,
    pki_types::{CertificateDer, PrivateKeyDer},
    version::{TLS12, TLS13},
};

use crate::{
    failure::Phase,
    stream::{
        Stream,
        tls::{Engine, Tls},
    },
};

pub const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// The stream below: what has arrived and how it goes on, what was sent and how much room there is.
#[derive(Default)]
pub struct Wire {
    arrived: VecDeque<u8>,
    ending: Option<Ending>,
    at_a_time: Option<usize>,
    sent: Vec<u8>,
    room: Option<usize>,
    /// So many bytes are taken, then the peer resets.
    breaks_after: Option<usize>,
    shut: bool,
    drained: bool,
}

enum Ending {
    End,
    /// The system tells it once.
    Reset,
}

impl Wire {
    pub fn arrive(&mut self, bytes: &[u8]) {
        self.arrived.extend(bytes);
    }

    pub fn end(&mut self) {
        self.ending = Some(Ending::End);
    }

    pub fn reset(&mut self) {
        self.ending = Some(Ending::Reset);
    }

    /// How many bytes one read gives at the most.
    pub fn at_a_time(&mut self, most: usize) {
        self.at_a_time = Some(most);
    }

    pub fn left(&self) -> usize {
        self.arrived.len()
    }

    pub fn is_empty(&self) -> bool {
        self.arrived.is_empty()
    }

    /// How many bytes more the system takes.
    pub fn give_room(&mut self, room: usize) {
        self.room = Some(room);
    }

    pub fn break_after(&mut self, bytes: usize) {
        self.breaks_after = Some(bytes);
    }

    pub fn take_sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent)
    }

    pub fn is_shut(&self) -> bool {
        self.shut
    }
}

impl Stream for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.arrived.len().min(into.len()).min(self.at_a_time.unwrap_or(usize::MAX));
        for (place, byte) in into.iter_mut().zip(self.arrived.drain(..count)) {
            *place = byte;
        }
        self.drained = self.arrived.is_empty();
        match self.ending {
            _ if count > 0 => Ok(count),
            None => Err(ErrorKind::WouldBlock.into()),
            Some(Ending::End) => Ok(0),
            Some(Ending::Reset) => {
                self.ending = Some(Ending::End);
                Err(ErrorKind::ConnectionReset.into())
            }
        }
    }

    fn is_drained(&self) -> bool {
        self.drained
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let room = self.room.unwrap_or(usize::MAX).min(self.breaks_after.unwrap_or(usize::MAX));
        if self.breaks_after == Some(0) {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let before = self.sent.len();
        self.sent.extend(parts.iter().flat_map(|part| part.iter()).take(room));
        let count = self.sent.len() - before;
        for left in [&mut self.room, &mut self.breaks_after].into_iter().flatten() {
            *left -= count;
        }
        Ok(count)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shut = true;
        Ok(())
    }

    fn reset(&mut self) {}
}

/// The server.
pub struct Far {
    server: ServerConnection,
    heard_the_end: bool,
}

/// Both ends of a connection whose handshake is done.
pub fn pair(version: &'static SupportedProtocolVersion) -> (Tls, Wire, Far) {
    let mut far = Far::new(version);
    let mut engine = Engine::new(client_config(version, true), "far.test".try_into().unwrap()).unwrap();
    let mut incoming = Vec::new();
    loop {
        let progress = engine.open(&mut incoming, &mut [], Phase::Tls);
        assert!(engine.failure().is_none(), "{:?}", engine.failure());
        far.hear(&progress.outgoing).unwrap();
        incoming = [engine.rest(), &far.outgoing()].concat();
        if !engine.is_handshaking() && incoming.is_empty() {
            return (Tls::new(engine), Wire::default(), far);
        }
    }
}

impl Far {
    /// A server of one version.
    pub fn new(version: &'static SupportedProtocolVersion) -> Far {
        let mut server = ServerConnection::new(server_config(version)).unwrap();
        // A test may write more before it takes what is to leave.
        server.set_buffer_limit(None);
        Far { server, heard_the_end: false }
    }

    /// Seals `bytes`, the more than 16 KiB of them in several records.
    pub fn write(&mut self, bytes: &[u8]) {
        self.server.writer().write_all(bytes).unwrap();
    }

    /// Says that what follows is sealed by a new key: a record without data.
    pub fn renew_keys(&mut self) {
        self.server.refresh_traffic_keys().unwrap();
    }

    pub fn close(&mut self) {
        self.server.send_close_notify();
    }

    /// The ciphertext that is to leave.
    pub fn outgoing(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.server.wants_write() {
            self.server.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    /// Opens ciphertext; gives the data in it.
    pub fn hear(&mut self, mut ciphertext: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let mut heard = Vec::new();
        while !ciphertext.is_empty() {
            self.server.read_tls(&mut ciphertext).unwrap();
            self.server.process_new_packets()?;
            match self.server.reader().read_to_end(&mut heard) {
                Ok(_) => self.heard_the_end = true,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        Ok(heard)
    }

    pub fn has_heard_the_end(&self) -> bool {
        self.heard_the_end
    }
}

fn server_config(version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
    let (certificate, key) = &*IDENTITY;
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.clone_key());
    Arc::new(config.unwrap())
}

/// A client's, which trusts the server or only somebody else.
pub fn client_config(version: &'static SupportedProtocolVersion, trusts: bool) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let other = || rcgen::generate_simple_self_signed(["other.test".into()]).unwrap().cert.into();
    roots.add(if trusts { IDENTITY.0.clone() } else { other() }).unwrap();
    let builder = ClientConfig::builder_with_provider(provider());
    let config = builder.with_protocol_versions(&[version]).unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

static IDENTITY: LazyLock<(CertificateDer<'static>, PrivateKeyDer<'static>)> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(["far.test".into()]).unwrap();
    (made.cert.into(), made.signing_key.into())
});
