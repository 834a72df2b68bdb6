//! Options of TLS and their faults, configurations that are shared, and handshakes over loopback that are given up.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, UnixTime};

use super::{
    certificate::{Age, Certificate, sha256},
    settings::{certificates, shared},
    *,
};
use crate::{
    dial::{address, start},
    failure::Phase,
};

/// Far beyond what any of this takes; only there so that a hang ends.
const GUARD: Duration = Duration::from_secs(60);

fn host() -> Host {
    address::host("name.test").unwrap()
}

fn fault(options: TlsOptions) -> &'static str {
    TlsPlan::new(options, &host(), 443).unwrap_err().option
}

struct Identity {
    pem: Vec<u8>,
    der: CertificateDer<'static>,
    key: Vec<u8>,
}

fn identity() -> Identity {
    let made = rcgen::generate_simple_self_signed(["name.test".into()]).unwrap();
    Identity {
        pem: made.cert.pem().into_bytes(),
        der: made.cert.der().clone(),
        key: made.signing_key.serialize_der(),
    }
}

#[test]
fn options_that_cannot_be_used_are_refused_by_name() {
    let Identity { pem, key, .. } = identity();
    let with = |change: &dyn Fn(&mut TlsOptions)| {
        let mut options = TlsOptions::default();
        change(&mut options);
        fault(options)
    };
    assert_eq!(with(&|options| options.ca = vec![b"".to_vec()]), "ca");
    assert_eq!(with(&|options| options.ca = vec![b"no certificate".to_vec()]), "ca");
    assert_eq!(with(&|options| options.ca = vec![vec![0x30, 0x82, 0, 0]]), "ca");
    assert_eq!(with(&|options| options.ca_only = true), "caOnly");
    assert_eq!(with(&|options| options.cert = Some(pem.clone())), "cert");
    assert_eq!(with(&|options| options.key = Some(key.clone())), "key");
    let another = identity();
    assert_eq!(
        with(&|options| {
            options.cert = Some(pem.clone());
            options.key = Some(another.key.clone());
        }),
        "key"
    );
    assert_eq!(
        with(&|options| {
            options.oldest = Version::Tls13;
            options.newest = Version::Tls12;
        }),
        "minVersion"
    );
    assert_eq!(with(&|options| options.server_name = Some("a b".into())), "servername");
    assert_eq!(with(&|options| options.server_name = Some("".into())), "servername");
    assert_eq!(with(&|options| options.keylog = Some("/no/such/folder/keys".into())), "keylog");
}

#[test]
fn the_name_is_the_hosts_own_without_its_final_dot_unless_another_is_given() {
    let named = |host: &str, given: Option<&str>| {
        let options = TlsOptions { server_name: given.map(Into::into), ..TlsOptions::default() };
        let plan = TlsPlan::new(options, &address::host(host).unwrap(), 443).unwrap();
        plan.name.to_str().into_owned()
    };
    assert_eq!(named("name.test.", None), "name.test");
    assert_eq!(named("bücher.test", None), "xn--bcher-kva.test");
    assert_eq!(named("::1", None), "::1");
    assert_eq!(named("127.0.0.1", Some("name.test")), "name.test");
    assert_eq!(named("name.test", Some("127.0.0.1")), "127.0.0.1");
    assert_eq!(named("fe80::1%1", None), "fe80::1");
}

#[test]
fn connections_share_the_configuration_of_like_options_alone() {
    let first = shared(&TlsOptions { alpn: vec![b"one".to_vec()], ..TlsOptions::default() }, 443).unwrap();
    let again = TlsOptions {
        alpn: vec![b"one".to_vec()],
        server_name: Some("other.test".into()),
        ..TlsOptions::default()
    };
    assert!(Arc::ptr_eq(&first, &shared(&again, 443).unwrap()));
    let unlike = [
        TlsOptions { verify: false, alpn: vec![b"one".to_vec()], ..TlsOptions::default() },
        TlsOptions { alpn: vec![b"two".to_vec()], ..TlsOptions::default() },
        TlsOptions { alpn: vec![b"one".to_vec()], pins: vec![[0; 32]], ..TlsOptions::default() },
        TlsOptions { alpn: vec![b"one".to_vec()], resume: false, ..TlsOptions::default() },
    ];
    for options in unlike {
        assert!(!Arc::ptr_eq(&first, &shared(&options, 443).unwrap()));
    }
    let same = TlsOptions { alpn: vec![b"one".to_vec()], ..TlsOptions::default() };
    assert!(
        !Arc::ptr_eq(&first, &shared(&same, 993).unwrap()),
        "another service of the host has other sessions"
    );
    // What is not used for long is forgotten.
    for number in 0..200u8 {
        shared(&TlsOptions { alpn: vec![vec![number + 1]], ..TlsOptions::default() }, 443).unwrap();
    }
    let again = TlsOptions { alpn: vec![b"one".to_vec()], ..TlsOptions::default() };
    assert!(!Arc::ptr_eq(&first, &shared(&again, 443).unwrap()));
}

#[test]
fn certificates_are_read_from_pem_and_der() {
    let Identity { pem, der, .. } = identity();
    assert_eq!(certificates("ca", &der).unwrap(), std::slice::from_ref(&der));
    let several = [&b"a text before it\n"[..], &pem, b"\nbetween\n", &pem].concat();
    assert_eq!(certificates("ca", &several).unwrap(), [der.clone(), der]);
    assert!(certificates("ca", &pem[..pem.len() / 2]).is_err());
}

#[test]
fn a_certificate_tells_who_made_it_how_old_it_is_and_how_large_its_key_is() {
    let Identity { der, .. } = identity();
    let certificate = Certificate::read(&der).unwrap();
    assert!(certificate.is_self_issued());
    assert_eq!(certificate.rsa_bits(), None);
    let at = |seconds| certificate.age(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
    // rcgen's dates: 1975 to 4096.
    assert_eq!((at(1), at(2_000_000_000), at(99_000_000_000)), (Age::TooYoung, Age::Valid, Age::TooOld));

    let authority = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "an authority");
    let issuer = Issuer::new(parameters, authority);
    let leaf = CertificateParams::new(["name.test".into()]).unwrap();
    let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
    assert!(!Certificate::read(leaf.der()).unwrap().is_self_issued());
    assert!(Certificate::read(&CertificateDer::from(vec![0x30, 1, 0])).is_none());
}

#[test]
fn hashes_are_sha_256() {
    let hash = sha256(b"abc");
    // FIPS 180-2 appendix B.1.
    assert_eq!(hash[..8], [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]);
}

#[test]
fn nothing_that_is_printed_shows_a_key() {
    let options = TlsOptions { key: Some(b"canary".to_vec()), ..TlsOptions::default() };
    let printed = format!("{options:?}");
    assert!(!printed.contains("99, 97") && !printed.contains("canary"), "{printed}");
}

/// A connection to a peer that says nothing, and the peer's end.
fn silent() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    ours.set_nonblocking(true).unwrap();
    (ours, listener.accept().unwrap().0)
}

fn trusting() -> TlsPlan {
    TlsPlan::new(TlsOptions { verify: false, ..TlsOptions::default() }, &host(), 443).unwrap()
}

#[test]
fn a_handshake_that_gets_no_answer_ends_with_its_time() {
    let (socket, _far) = silent();
    let (tell, told) = mpsc::channel();
    let handshake = upgrade(socket, Vec::new(), trusting(), Some(Duration::from_millis(20)));
    let _dialling = start(handshake, move |result| tell.send(result.map(drop)).unwrap());
    let failure = told.recv_timeout(GUARD).unwrap().unwrap_err();
    assert_eq!((&*failure.code, failure.phase), ("ETIMEDOUT", Phase::Tls));
}

#[test]
fn a_handshake_that_is_given_up_closes_its_descriptor() {
    let (socket, mut far) = silent();
    let dialling = start(upgrade(socket, Vec::new(), trusting(), None), |_| unreachable!("it was given up"));
    // The first message comes, then the end.
    assert!(far.read(&mut [0; 5]).unwrap() > 0);
    drop(dialling);
    far.set_read_timeout(Some(GUARD)).unwrap();
    far.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn the_work_of_a_handshake_is_not_done_on_the_callers_thread() {
    let (socket, mut far) = silent();
    let caller = thread::current().id();
    let (tell, told) = mpsc::channel();
    let handshake = upgrade(socket, Vec::new(), trusting(), None);
    let _dialling = start(handshake, move |result| {
        tell.send((thread::current().id(), result.map(drop))).unwrap();
    });
    // What speaks no TLS ends it.
    std::io::Write::write_all(&mut far, b"220 no TLS here\r\n").unwrap();
    let (by, result) = told.recv_timeout(GUARD).unwrap();
    assert_ne!(by, caller);
    assert_eq!(result.unwrap_err().code, "ERR_SSL_WRONG_VERSION_NUMBER");
}
