//! Handshakes that go wrong: refused by us, and by bytes that nobody who speaks TLS would send.

use rustls::{AlertDescription, pki_types::ServerName};

use super::far::{self, Far};
use crate::{
    failure::{Failure, Phase},
    stream::tls::Engine,
};

fn begun() -> Engine {
    let name = ServerName::try_from("far.test").unwrap();
    let mut engine = Engine::new(far::client_config(far::VERSIONS[0], true), name).unwrap();
    assert!(!engine.open(&mut [], &mut [], Phase::Tls).outgoing.is_empty());
    engine
}

/// What came of bytes in answer to the first message, however they are cut.
fn answered(bytes: &[u8], at_a_time: usize) -> Option<Failure> {
    let mut engine = begun();
    for piece in bytes.chunks(at_a_time) {
        let mut incoming = [engine.rest(), piece].concat();
        engine.open(&mut incoming, &mut vec![0; bytes.len()], Phase::Tls);
        if engine.failure().is_some() {
            break;
        }
    }
    engine.failure()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16).to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

#[test]
fn a_certificate_that_is_refused_is_an_alert_to_the_peer_and_a_failure_here() {
    for version in far::VERSIONS {
        let mut far = Far::new(version);
        let name = ServerName::try_from("far.test").unwrap();
        let mut engine = Engine::new(far::client_config(version, false), name).unwrap();
        let mut incoming = Vec::new();
        // All that the server says to the first message comes at once, as some pack it into one record.
        let alert = loop {
            let progress = engine.open(&mut incoming, &mut [], Phase::Tls);
            if engine.failure().is_some() {
                break progress.outgoing;
            }
            far.hear(&progress.outgoing).unwrap();
            incoming = [engine.rest(), &far.outgoing()].concat();
        };
        assert_eq!(engine.failure().unwrap().code, "CERT_REJECTED");
        // Both roots call themselves the same, so that it is the signature that is wrong.
        let heard = far.hear(&alert).unwrap_err();
        assert_eq!(heard, rustls::Error::AlertReceived(AlertDescription::DecryptError));
    }
}

#[test]
fn a_message_that_breaks_off_for_another_kind_of_record_is_a_failure() {
    let half = record(22, &[2, 0, 0, 50, 3, 3]);
    for (kind, content) in [(21, &[2, 40][..]), (23, b"data"), (20, &[1]), (20, &[2]), (25, b"?")] {
        let bytes = [half.clone(), record(kind, content)].concat();
        for at_a_time in [1, 7, 1000] {
            let failure = answered(&bytes, at_a_time).unwrap_or_else(|| panic!("{kind} was borne"));
            assert!(failure.code.starts_with("ERR_SSL_"), "{failure:?}");
        }
    }
}

#[test]
fn a_message_in_more_ciphertext_than_it_could_need_is_a_failure() {
    let message = [&[2, 0, 0xfd, 0xe8][..], &[0; 65_000]].concat();
    let bytes: Vec<u8> = message.chunks(1).flat_map(|byte| record(22, byte)).collect();
    assert_eq!(answered(&bytes, 10_000).unwrap().code, "ERR_SSL_PEER_MISBEHAVED");
}

#[test]
fn no_bytes_whatever_are_a_panic() {
    let mut state = 1_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    for _ in 0..3000 {
        let records = 1 + below(4);
        let bytes: Vec<u8> = (0..records)
            .flat_map(|_| {
                let mut content: Vec<u8> = (0..below(60)).map(|_| below(256) as u8).collect();
                if below(2) == 0 {
                    content.splice(..0, [2, 0, 0, below(80) as u8]);
                }
                record([20, 21, 22, 22, 22, 23, 24][below(7)], &content)
            })
            .collect();
        answered(&bytes, 1 + below(80));
    }
}
