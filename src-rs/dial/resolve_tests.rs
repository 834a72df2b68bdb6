//! Look-ups: shared while they run, never kept. The system's resolver is asked only for what needs no network.

use std::sync::mpsc;

use super::*;

fn ips(answer: &Answer) -> Vec<String> {
    answer.as_ref().unwrap().iter().map(|address| address.ip().to_string()).collect()
}

async fn wait(mut pending: Pending) -> Answer {
    pending.wait_for(Option::is_some).await.unwrap().clone().unwrap()
}

#[tokio::test]
async fn localhost_is_both_loopback_addresses() {
    assert_eq!(ips(&resolve("localhost").await), ["127.0.0.1", "::1"]);
    assert_eq!(ips(&resolve("localhost.").await), ["127.0.0.1", "::1"]);
}

#[tokio::test]
async fn a_name_that_cannot_exist_is_not_found() {
    // RFC 6761 section 6.4 reserves .invalid; without any name server the resolver may also ask to try again.
    let failure = resolve("nobody.invalid").await.unwrap_err();
    assert!(matches!(&*failure.code, "ENOTFOUND" | "EAI_AGAIN"), "{failure:?}");
    assert_eq!(failure.message, format!("getaddrinfo {} nobody.invalid", failure.code));
    assert_eq!((failure.phase, failure.syscall), (Phase::Lookup, Some("getaddrinfo")));
}

#[test]
fn a_resolvers_words_become_nodes_codes() {
    let table = [
        ("failed to lookup address information: Name or service not known", "ENOTFOUND"),
        ("failed to lookup address information: No address associated with hostname", "ENOTFOUND"),
        ("failed to lookup address information: Temporary failure in name resolution", "EAI_AGAIN"),
        ("failed to lookup address information: Non-recoverable failure in name resolution", "EAI_FAIL"),
        ("failed to lookup address information: Memory allocation failure", "EAI_MEMORY"),
        ("whatever else", "ENOTFOUND"),
    ];
    for (text, expected) in table {
        assert_eq!(code(&io::Error::other(text)), expected, "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_error_during_a_look_up_keeps_its_code() {
    assert_eq!(code(&io::Error::from_raw_os_error(24)), "EMFILE");
}

#[tokio::test]
async fn several_askers_share_one_look_up_and_one_leaving_hurts_none() {
    let (release, held) = mpsc::channel::<()>();
    let first = join_or_begin("shared.test", move |_| {
        held.recv().unwrap();
        Ok([([10, 0, 0, 1], 0).into()].into())
    });
    let others: Vec<_> =
        (0..10).map(|_| join_or_begin("shared.test", |_| panic!("a second look-up"))).collect();
    drop(first);
    release.send(()).unwrap();
    for pending in others {
        assert_eq!(ips(&wait(pending).await), ["10.0.0.1"]);
    }
}

#[tokio::test]
async fn nothing_is_kept_after_the_answer() {
    for last in 1..=3 {
        let answer =
            wait(join_or_begin("again.test", move |_| Ok([([10, 0, 0, last], 0).into()].into()))).await;
        assert_eq!(ips(&answer), [format!("10.0.0.{last}")]);
        assert!(!in_flight().contains_key("again.test"));
    }
}

#[tokio::test]
async fn different_names_are_looked_up_at_the_same_time() {
    let (release, held) = mpsc::channel::<()>();
    let slow = join_or_begin("slow.test", move |_| {
        held.recv().unwrap();
        Ok([([10, 0, 0, 1], 0).into()].into())
    });
    let fast = join_or_begin("fast.test", |_| Ok([([10, 0, 0, 2], 0).into()].into()));
    assert_eq!(ips(&wait(fast).await), ["10.0.0.2"]);
    release.send(()).unwrap();
    assert_eq!(ips(&wait(slow).await), ["10.0.0.1"]);
}

#[tokio::test]
async fn a_look_up_that_breaks_off_leaves_no_entry_behind() {
    let mut pending = join_or_begin("broken.test", |_| std::panic::resume_unwind(Box::new("broken")));
    assert!(pending.wait_for(Option::is_some).await.is_err());
    assert!(!in_flight().contains_key("broken.test"));
}

#[tokio::test]
async fn a_look_up_that_all_askers_have_left_is_not_begun() {
    let (announce, pending) = watch::channel(None);
    in_flight().insert("left.test".into(), pending);
    let entry = Entry { name: "left.test".into(), announce, listed: true };
    entry.answer_with(|_| panic!("a look-up for nobody"));
    assert!(!in_flight().contains_key("left.test"));
}
