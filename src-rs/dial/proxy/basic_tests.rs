//! What a login may hold, how it is written, and that nothing tells it.

use super::*;

#[test]
fn base64_is_that_of_rfc_4648() {
    // Section 10.
    let cases = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ];
    for (bytes, text) in cases {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
    assert_eq!(base64(&[0, 0, 0]), "AAAA");
    assert_eq!(base64(&[0xFF, 0xFF, 0xFF]), "////");
    assert_eq!(base64(&[0xFB, 0xEF]), "++8=");
}

#[test]
fn every_byte_at_every_place_of_a_group_can_be_read_back() {
    for len in 0..=5 {
        for at in 0..len {
            for byte in 0..=255_u8 {
                let mut bytes = vec![0x5A; len];
                bytes[at] = byte;
                let text = base64(&bytes);
                assert_eq!(text.len() % 4, 0);
                let digits = text.trim_end_matches('=');
                let bits = digits.bytes().fold(0_u64, |bits, digit| {
                    bits << 6 | DIGITS.iter().position(|&known| known == digit).unwrap() as u64
                });
                let spare = digits.len() * 6 - len * 8;
                assert_eq!(bits & ((1 << spare) - 1), 0, "unused bits are 0");
                assert_eq!((bits >> spare).to_be_bytes()[8 - len..], bytes);
            }
        }
    }
}

#[test]
fn credentials_are_those_of_rfc_7617() {
    let credentials = |user, password| Login::new(user, password).unwrap().credentials;
    // Sections 2 and 2.1.
    assert_eq!(credentials("Aladdin", "open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(credentials("test", "123\u{a3}"), "dGVzdDoxMjPCow==");
    assert_eq!(credentials("", ""), "Og==");
    assert_eq!(credentials("u", "a:b"), base64(b"u:a:b"));
}

#[test]
fn lengths_are_taken_up_to_4096_bytes_together() {
    for user_len in [0, 1, 127, 128, 255, 256, 4095, 4096, 4097] {
        for password_len in [0, 1, 127, 128, 255, 256, 4095, 4096, 4097] {
            let login = Login::new(&"u".repeat(user_len), &"p".repeat(password_len));
            let len = user_len + password_len;
            match login {
                Ok(login) => {
                    assert!(len <= 4096);
                    assert_eq!(login.credentials.len(), (len + 1).div_ceil(3) * 4);
                }
                Err(unfit) => {
                    let wanted =
                        format!("user and password have at most 4096 bytes together in HTTP, these {len}");
                    assert!(len > 4096 && unfit.message == wanted, "{unfit}");
                }
            }
        }
    }
    assert!(
        Login::new(&"\u{e4}".repeat(2048), "").is_ok() && Login::new(&"\u{e4}".repeat(2048), "p").is_err()
    );
}

#[test]
fn control_characters_and_a_colon_in_the_user_are_refused_wherever_they_stand() {
    for c in '\0'..='\u{ff}' {
        for text in [format!("{c}"), format!("{c}ab"), format!("a{c}b"), format!("ab{c}")] {
            assert_eq!(Login::new(&text, "password").is_ok(), !c.is_control() && c != ':', "{text:?}");
            assert_eq!(Login::new("user", &text).is_ok(), !c.is_control(), "{text:?}");
        }
    }
}

#[test]
fn neither_a_login_nor_its_refusal_prints_anything_of_it() {
    let login = Login::new("canary-user", "canary-password").unwrap();
    assert_eq!(format!("{login:?}{login:#?}"), "Login(..)Login(..)");
    let long = "canary".repeat(1000);
    let refused = [("canary:", "x"), ("canary\n", "x"), ("x", "canary\0"), (&*long, "x"), ("x", &*long)];
    for (user, password) in refused {
        let unfit = Login::new(user, password).unwrap_err();
        assert!(!format!("{unfit} {unfit:?}").contains("canary"));
    }
}

#[test]
fn a_repeated_secret_is_noticed_unless_it_is_of_three_bytes_or_less() {
    let mut secrets = Secrets::of("frederic", "hunter2");
    let encoded = base64(b"frederic:hunter2");
    let unpadded = base64(b"hunter2");
    let unpadded = unpadded.trim_end_matches('=');
    for words in ["no frederic here", "hunter2", "xhunter2x", &encoded, &encoded[..22], unpadded] {
        assert!(secrets.are_repeated_in(words.as_bytes()), "{words}");
    }
    for words in ["", "hunter", "Hunter2", "Proxy Authentication Required"] {
        assert!(!secrets.are_repeated_in(words.as_bytes()), "{words}");
    }
    assert!(!Secrets::of("", "xyz").are_repeated_in(b"xyz"));
    assert!(!secrets.are_repeated_in(b"of another one"));
    secrets.extend(&Secrets::of("of another one", ""));
    assert!(secrets.are_repeated_in(b"of another one"));
    assert_eq!(format!("{secrets:?}"), "Secrets(..)");
}
