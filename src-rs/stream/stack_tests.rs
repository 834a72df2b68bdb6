//! TLS over TLS, as to a proxy and through it to a target: what is cut and held back on both layers.

use std::io::ErrorKind;

use super::*;
use crate::{
    failure::Phase,
    stream::tls::{
        Engine,
        tests::far::{self, Far, Wire, pair},
    },
};

/// Both layers, the wire, and the other end of each.
struct Nested {
    layers: Vec<Tls>,
    wire: Wire,
    proxy: Far,
    target: Far,
}

impl Nested {
    fn new() -> Nested {
        let version = far::VERSIONS[0];
        let (outer, wire, proxy) = pair(version);
        let mut nested = Nested { layers: vec![outer], wire, proxy, target: Far::new(version) };
        let config = far::client_config(version, true);
        let mut engine = Engine::new(config, "far.test".try_into().unwrap()).unwrap();
        let mut incoming = Vec::new();
        loop {
            let progress = engine.open(&mut incoming, &mut [], Phase::Tls);
            let mut stack = Stack::new(&mut nested.wire, &mut nested.layers);
            stack.write_vectored(&[IoSlice::new(&progress.outgoing)]).unwrap();
            nested.hear();
            nested.say();
            incoming = engine.rest().to_vec();
            incoming.extend(nested.read_all().0);
            if !engine.is_handshaking() && incoming.is_empty() {
                nested.layers.push(Tls::new(engine));
                return nested;
            }
        }
    }

    fn stack(&mut self) -> Stack<'_, Wire> {
        Stack::new(&mut self.wire, &mut self.layers)
    }

    /// What the target hears of what was sent.
    fn hear(&mut self) -> Vec<u8> {
        let sent = self.wire.take_sent();
        let through = self.proxy.hear(&sent).unwrap();
        self.target.hear(&through).unwrap()
    }

    /// The ciphertext by which the target's words come.
    fn ciphertext(&mut self) -> Vec<u8> {
        let inner = self.target.outgoing();
        self.proxy.write(&inner);
        self.proxy.outgoing()
    }

    fn say(&mut self) {
        let ciphertext = self.ciphertext();
        self.wire.arrive(&ciphertext);
    }

    fn read_all(&mut self) -> (Vec<u8>, io::Result<usize>) {
        let mut all = Vec::new();
        let mut stack = self.stack();
        let mut into = vec![0; stack.least_room()];
        loop {
            match stack.read(&mut into) {
                Ok(count @ 1..) => all.extend_from_slice(&into[..count]),
                end => return (all, end),
            }
        }
    }
}

fn text(size: usize) -> Vec<u8> {
    (0..size as u32).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect()
}

#[test]
fn bytes_come_through_both_layers_however_the_ciphertext_is_cut() {
    for (size, cut) in [(300, 1), (5000, 7), (200_000, 1500), (1_000_000, 70_000)] {
        let mut nested = Nested::new();
        let sent = text(size);
        nested.target.write(&sent);
        let mut got = Vec::new();
        for piece in nested.ciphertext().chunks(cut) {
            nested.wire.arrive(piece);
            let (bytes, end) = nested.read_all();
            got.extend(bytes);
            assert_eq!(end.unwrap_err().kind(), ErrorKind::WouldBlock);
            assert!(nested.stack().is_drained());
        }
        assert!(got == sent, "{size} bytes, {cut} at a time");
    }
}

#[test]
fn bytes_leave_through_both_layers_and_count_when_all_of_their_ciphertext_has_left() {
    for room in [1, 10, 1000, 17_000, 200_000] {
        let mut nested = Nested::new();
        let sent = text(300_000);
        let (mut taken, mut heard) = (0, Vec::new());
        while taken < sent.len() {
            nested.wire.give_room(if room < 1000 { room + 20_000 } else { room });
            while let Ok(count @ 1..) = nested.stack().write_vectored(&[IoSlice::new(&sent[taken..])]) {
                taken += count;
            }
            heard.extend(nested.hear());
            assert!(heard.len() >= taken, "bytes were taken that the target cannot read");
        }
        assert!(heard == sent, "room for {room} bytes at a time");
    }
}

#[test]
fn each_layer_says_that_it_ends_and_data_comes_first() {
    let mut nested = Nested::new();
    nested.stack().write_vectored(&[IoSlice::new(b"last words")]).unwrap();
    nested.stack().shutdown_write().unwrap();
    assert_eq!(nested.hear(), b"last words");
    assert!(nested.target.has_heard_the_end() && nested.proxy.has_heard_the_end() && nested.wire.is_shut());

    nested.target.write(b"an answer");
    nested.target.close();
    nested.say();
    let (got, end) = nested.read_all();
    assert_eq!((&got[..], end.unwrap()), (&b"an answer"[..], 0));
}

#[test]
fn an_end_that_the_proxy_alone_says_is_no_end_of_the_targets() {
    let mut nested = Nested::new();
    nested.target.write(b"cut short");
    nested.say();
    nested.proxy.close();
    let ciphertext = nested.proxy.outgoing();
    nested.wire.arrive(&ciphertext);
    let (got, end) = nested.read_all();
    assert_eq!(got, b"cut short");
    let failure = crate::failure::Failure::system(&end.unwrap_err(), Phase::Read, "read");
    assert_eq!(failure.code, "ERR_TLS_TRUNCATED");
}
