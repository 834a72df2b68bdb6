//! A session whose stream becomes another in place (STARTTLS); knows when that may be, not how a handshake goes.

use std::net::TcpStream;

use super::{OpId, Outbox, Session, State, closed};
use crate::{
    failure::{Failure, Phase},
    stream::{Stream, Transport, tls::Tls},
};

impl<S: Stream> Session<S> {
    /// Whether a handshake has the stream and somebody waits for it.
    pub fn is_upgrading(&self) -> bool {
        self.upgrade.is_some()
    }

    /// Gives the waiting handshake up, and with it the connection: how far the peer is nobody knows.
    pub(super) fn cancel_upgrade(&mut self, op: OpId, out: &mut dyn Outbox) -> bool {
        let found = self.upgrade.take_if(|upgrade| *upgrade == op).is_some();
        if found {
            self.break_off("it was given up", out);
        }
        found
    }

    pub(super) fn fail_upgrade(&mut self, failure: &Failure, out: &mut dyn Outbox) {
        if let Some(op) = self.upgrade.take() {
            out.failed(op, failure.clone(), 0);
        }
    }

    /// Nothing more can be read or written.
    fn break_off(&mut self, why: &str, out: &mut dyn Outbox) {
        // A failure of its own: that of the handshake may be a deadline's, after which a read would be worth another try.
        let message = format!("nothing can be read or written after a failed startTls(): {why}");
        self.read_error = Some(Failure::new("ERR_INVALID_STATE", Phase::Read, &*message).into());
        self.pump_reads(out);
        self.break_writes(&Failure::new("ERR_INVALID_STATE", Phase::Write, message), out);
    }
}

impl Session<Transport> {
    /// Leaves the stream to a handshake, of which `op` waits for the end, and gives it a descriptor and the layers that there are. Reads and writes wait
    /// from now on.
    ///
    /// Refuses where plaintext is buffered: it came before the peer could know of TLS, perhaps from somebody on the way,
    /// and must not pass for what TLS protects (CVE-2011-0411).
    pub fn begin_upgrade(&mut self, op: OpId) -> Result<(TcpStream, Vec<Tls>), Failure> {
        self.settle_loan();
        let refuse = |code: &str, message: &str| Err(Failure::new(code, Phase::Tls, message));
        let broken = self.read_error.as_deref().or(self.write_error.as_deref());
        match self.state {
            State::Open => {}
            State::Ending => return refuse("ERR_STREAM_WRITE_AFTER_END", "startTls() after end()"),
            State::Closing | State::Closed => return Err(closed(Phase::Tls)),
        }
        if let Some(failure) = broken {
            return Err(Failure { phase: Phase::Tls, ..failure.clone() });
        }
        if !self.stream.is_plain() {
            return refuse(
                "ERR_INVALID_STATE",
                "startTls() on a connection that has, or had, its TLS handshake",
            );
        }
        if !self.reads.is_empty() {
            let message =
                "startTls() while a read is waiting: await it first, or its bytes may be plain or encrypted";
            return refuse("ERR_INVALID_STATE", message);
        }
        if !self.writes.is_empty() {
            return refuse("ERR_INVALID_STATE", "startTls() while a write is waiting");
        }
        if !self.inbox.is_empty() {
            let message = format!(
                "startTls() with {} bytes of plaintext unread, which TLS would not protect: read them, or close",
                self.inbox.len()
            );
            return refuse("ERR_PLAINTEXT_BUFFERED", &message);
        }
        let duplicate = self.stream.socket().duplicate();
        let socket = duplicate.map_err(|error| Failure::system(&error, Phase::Tls, "dup"))?;
        self.upgrade = Some(op);
        Ok((socket, self.stream.suspend()))
    }

    /// The handshake has ended: the connection goes on over these layers, with `early` as the first bytes to read, or not at
    /// all.
    pub fn end_upgrade(&mut self, result: Result<(Vec<Tls>, Vec<u8>), Failure>, out: &mut dyn Outbox) {
        let Some(op) = self.upgrade.take() else { return };
        match result {
            Ok((layers, early)) => {
                self.stream.secure(layers);
                self.inbox.append(&early);
                self.bytes_read += early.len() as u64;
                self.drained = false;
                out.written(op);
                self.pump_reads(out);
                self.pump_writes(out);
            }
            Err(failure) => {
                let why = failure.message.clone();
                out.failed(op, failure, 0);
                self.break_off(&why, out);
            }
        }
    }
}
