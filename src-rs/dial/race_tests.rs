//! Races in virtual time, against a connector that answers after as many ms as a table says.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use proptest::prelude::*;

use super::*;

/// What an address does with an attempt.
#[derive(Clone, Copy, Debug)]
enum Host {
    Accepts(u64),
    Refuses(u64),
    Silent,
}
use Host::{Accepts, Refuses, Silent};

/// One open socket of the script; counts itself.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: &Arc<AtomicUsize>) -> Open {
        count.fetch_add(1, SeqCst);
        Open(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Default)]
struct Script {
    hosts: HashMap<SocketAddr, Host>,
    open: Arc<AtomicUsize>,
}

impl Connector for Script {
    type Stream = Open;

    async fn connect(&self, address: SocketAddr) -> Result<Open, Refusal> {
        let open = Open::new(&self.open);
        match self.hosts[&address] {
            Accepts(0) => Ok(open),
            Accepts(millis) => {
                sleep(Duration::from_millis(millis)).await;
                Ok(open)
            }
            Refuses(millis) => {
                if millis > 0 {
                    sleep(Duration::from_millis(millis)).await;
                }
                let error = io::ErrorKind::ConnectionRefused.into();
                Err(Refusal { syscall: "connect", address, error })
            }
            Silent => std::future::pending().await,
        }
    }
}

/// `4.n` and `6.n` name the n-th address of a family.
fn address(name: &str) -> SocketAddr {
    let (family, number) = name.split_once('.').unwrap();
    let number: u16 = number.parse().unwrap();
    match family {
        "4" => ([10, 0, (number >> 8) as u8, number as u8], 80).into(),
        _ => ([0x2001, 0xdb8, 0, 0, 0, 0, 0, number], 80).into(),
    }
}

/// What a race came to: the winner's place, every attempt's place, outcome and ms, and the ms it all took.
#[derive(Debug, PartialEq)]
struct Story {
    winner: Option<usize>,
    attempts: Vec<(usize, &'static str, u64)>,
    millis: u64,
}

async fn run(hosts: &[Host], stagger: Stagger) -> Story {
    let addresses: Vec<_> = (0..hosts.len()).map(|n| address(&format!("4.{n}"))).collect();
    let script =
        Script { hosts: addresses.iter().copied().zip(hosts.iter().copied()).collect(), ..Script::default() };
    let place = |address| addresses.iter().position(|other| *other == address).unwrap();
    let (began, mut course) = (Instant::now(), Course::default());
    let won = race(&script, &addresses, stagger, &mut course).await;
    assert_eq!(script.open.load(SeqCst), usize::from(won.is_some()), "only the winner is still open");
    let attempts = course.attempts();
    Story {
        winner: won.map(|(address, _)| place(address)),
        attempts: attempts
            .iter()
            .map(|attempt| {
                let outcome = match attempt.outcome {
                    Outcome::Won => "won",
                    Outcome::Failed(_) => "failed",
                    Outcome::Unfinished => "unfinished",
                };
                (place(attempt.address), outcome, attempt.millis.round() as u64)
            })
            .collect(),
        millis: began.elapsed().as_millis() as u64,
    }
}

const DELAY: Stagger = Stagger::After(Duration::from_millis(250));

#[tokio::test(start_paused = true)]
async fn the_table_of_races() {
    type Row = (&'static str, &'static [Host], Option<usize>, &'static [(usize, &'static str, u64)], u64);
    let table: &[Row] = &[
        ("one that accepts", &[Accepts(10)], Some(0), &[(0, "won", 10)], 10),
        ("one that refuses", &[Refuses(10)], None, &[(0, "failed", 10)], 10),
        ("a fast first one is alone", &[Accepts(100), Accepts(0)], Some(0), &[(0, "won", 100)], 100),
        (
            "a silent first one costs one delay",
            &[Silent, Accepts(10)],
            Some(1),
            &[(0, "unfinished", 260), (1, "won", 10)],
            260,
        ),
        (
            "a refusal starts the next at once",
            &[Refuses(5), Accepts(10)],
            Some(1),
            &[(0, "failed", 5), (1, "won", 10)],
            15,
        ),
        (
            "a slow first one may win after the second has started",
            &[Accepts(300), Accepts(100)],
            Some(0),
            &[(0, "won", 300), (1, "unfinished", 50)],
            300,
        ),
        (
            "a slow host connects although another fails",
            &[Accepts(400), Refuses(0)],
            Some(0),
            &[(0, "won", 400), (1, "failed", 0)],
            400,
        ),
        (
            "a slow host in second place connects although the first fails",
            &[Refuses(1), Accepts(400)],
            Some(1),
            &[(0, "failed", 1), (1, "won", 400)],
            401,
        ),
        (
            "no attempt is cut short while others start",
            &[Accepts(900), Silent, Silent, Silent],
            Some(0),
            &[(0, "won", 900), (1, "unfinished", 650), (2, "unfinished", 400), (3, "unfinished", 150)],
            900,
        ),
        (
            "a failure in the middle of the delay restarts it",
            &[Refuses(100), Silent, Accepts(10)],
            Some(2),
            &[(0, "failed", 100), (1, "unfinished", 260), (2, "won", 10)],
            360,
        ),
        (
            "all refuse",
            &[Refuses(300), Refuses(10), Refuses(0)],
            None,
            &[(0, "failed", 300), (1, "failed", 10), (2, "failed", 0)],
            300,
        ),
        (
            "of two that are ready together the earlier wins",
            &[Accepts(350), Accepts(100)],
            Some(0),
            &[(0, "won", 350), (1, "unfinished", 100)],
            350,
        ),
    ];
    for (name, hosts, winner, attempts, millis) in table {
        let expected = Story { winner: *winner, attempts: attempts.to_vec(), millis: *millis };
        assert_eq!(run(hosts, DELAY).await, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_stagger_the_next_waits_for_a_failure() {
    let result = run(&[Refuses(1000), Accepts(1000), Accepts(0)], Stagger::Never).await;
    assert_eq!(result.winner, Some(1));
    assert_eq!(result.attempts, [(0, "failed", 1000), (1, "won", 1000)]);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_silent_addresses_are_all_tried_and_all_closed() {
    let mut hosts = vec![Silent; 1000];
    hosts[999] = Accepts(10);
    let result = run(&hosts, DELAY).await;
    assert_eq!((result.winner, result.attempts.len()), (Some(999), 1000));
    assert_eq!(result.millis, 999 * 250 + 10);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_refusals_take_no_delay() {
    let mut hosts = vec![Refuses(0); 1000];
    hosts[999] = Accepts(0);
    let result = run(&hosts, DELAY).await;
    assert_eq!((result.winner, result.millis), (Some(999), 0));
}

#[tokio::test(start_paused = true)]
async fn dropping_a_race_closes_every_attempt_and_keeps_its_course() {
    let addresses: Vec<_> = (0..100).map(|n| address(&format!("4.{n}"))).collect();
    let script = Script { hosts: addresses.iter().map(|a| (*a, Silent)).collect(), ..Script::default() };
    let mut course = Course::default();
    let stagger = Stagger::After(Duration::from_millis(10));
    let racing = race(&script, &addresses, stagger, &mut course);
    assert!(tokio::time::timeout(Duration::from_millis(95), racing).await.is_err());
    assert_eq!(script.open.load(SeqCst), 0);
    let attempts = course.attempts();
    assert_eq!(attempts.len(), 10);
    assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Unfinished));
}

#[tokio::test(start_paused = true)]
async fn no_address_is_no_connection() {
    assert_eq!(run(&[], DELAY).await, Story { winner: None, attempts: Vec::new(), millis: 0 });
}

proptest! {
    #[test]
    fn any_race_is_won_if_any_address_accepts(
        hosts in prop::collection::vec(
            prop_oneof![(0u64..2000).prop_map(Accepts), (0u64..2000).prop_map(Refuses)], 1..20),
        delay in 0u64..500,
    ) {
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let result = clock.block_on(run(&hosts, Stagger::After(Duration::from_millis(delay))));
        let best = hosts.iter().filter_map(|host| if let Accepts(millis) = host { Some(*millis) } else { None }).min();
        prop_assert_eq!(result.winner.is_some(), best.is_some());
        // Never later than if every address had been started a delay after the one before.
        if let Some(best) = best {
            // The clock of tokio counts whole ms, and may add one to each wait.
            prop_assert!(result.millis <= best + (delay + 1) * hosts.len() as u64 + 1);
        }
    }
}

#[test]
fn families_take_turns() {
    let table: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["4.1"], &["4.1"]),
        (&["4.1", "4.2"], &["4.1", "4.2"]),
        (&["6.1", "6.2", "4.1", "4.2"], &["6.1", "4.1", "6.2", "4.2"]),
        (&["4.1", "4.2", "6.1", "6.2"], &["4.1", "6.1", "4.2", "6.2"]),
        (&["6.1", "4.1", "4.2", "4.3"], &["6.1", "4.1", "4.2", "4.3"]),
        (&["4.1", "4.2", "4.3", "6.1"], &["4.1", "6.1", "4.2", "4.3"]),
        (&["4.1", "4.1", "6.1", "6.1", "4.1"], &["4.1", "6.1"]),
    ];
    for (given, expected) in table {
        let order = interleave(given.iter().map(|name| address(name)));
        assert_eq!(order, expected.iter().map(|name| address(name)).collect::<Vec<_>>(), "{given:?}");
    }
}
