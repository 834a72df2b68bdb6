//! Which addresses a plan leaves to try.

use super::*;

fn plan(host: &str) -> Plan {
    Plan {
        to: Endpoint { host: super::super::address::host(host).unwrap(), port: 80, addresses: None },
        hops: Vec::new(),
        family: Family::Any,
        local_address: None,
        local_port: 0,
        attempt_delay: Duration::from_millis(250),
        timeout: None,
        socket: SocketOptions {
            no_delay: true,
            keep_alive: false,
            keep_alive_initial_delay: Duration::ZERO,
            user_timeout: None,
        },
        tls: None,
    }
}

async fn usable(plan: &Plan) -> Result<Vec<String>, Failure> {
    let found = plan.to.find().await?;
    Ok(plan.usable(&found.addresses)?.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn the_family_chooses_among_a_names_addresses() {
    let of = |family| Plan { family, ..plan("localhost") };
    assert_eq!(usable(&of(Family::Any)).await.unwrap(), ["127.0.0.1:80", "[::1]:80"]);
    assert_eq!(usable(&of(Family::V4)).await.unwrap(), ["127.0.0.1:80"]);
    assert_eq!(usable(&of(Family::V6)).await.unwrap(), ["[::1]:80"]);
}

#[tokio::test]
async fn a_host_written_as_an_address_is_used_whatever_the_family() {
    assert_eq!(usable(&Plan { family: Family::V6, ..plan("10.0.0.1") }).await.unwrap(), ["10.0.0.1:80"]);
}

#[tokio::test]
async fn given_addresses_are_taken_without_a_look_up() {
    let given = |ips: &[&str]| Some(ips.iter().map(|ip| ip.parse().unwrap()).collect());
    let mut plan = plan("nobody.invalid");
    plan.to.addresses = given(&["10.0.0.1", "::2"]);
    assert!(!plan.to.find().await.unwrap().looked_up);
    assert_eq!(usable(&plan).await.unwrap(), ["10.0.0.1:80", "[::2]:80"]);
}

#[tokio::test]
async fn a_name_without_an_address_of_the_family_is_not_found() {
    let mut plan = Plan { family: Family::V6, ..plan("four.example") };
    plan.to.addresses = Some(vec!["10.0.0.1".parse().unwrap()]);
    let failure = usable(&plan).await.unwrap_err();
    assert_eq!((&*failure.code, failure.phase), ("ENOTFOUND", Phase::Lookup));
    assert_eq!(failure.message, "getaddrinfo ENOTFOUND four.example: no IPv6 address");
    plan.to.addresses = Some(Vec::new());
    let failure = usable(&Plan { family: Family::Any, ..plan }).await.unwrap_err();
    assert_eq!(failure.message, "getaddrinfo ENOTFOUND four.example");
}

#[tokio::test]
async fn the_local_address_passes_the_other_family_over() {
    let from = |local: &str, host| Plan { local_address: Some(local.parse().unwrap()), ..plan(host) };
    assert_eq!(usable(&from("::1", "localhost")).await.unwrap(), ["[::1]:80"]);
    assert_eq!(usable(&from("127.0.0.1", "localhost")).await.unwrap(), ["127.0.0.1:80"]);
    let failure = usable(&from("::1", "127.0.0.1")).await.unwrap_err();
    assert_eq!((&*failure.code, failure.syscall, failure.phase), ("EINVAL", Some("bind"), Phase::Connect));
    assert!(
        failure.message.starts_with("bind EINVAL ::1: 127.0.0.1 has no IPv6 address"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_scoped_address_keeps_its_interface() {
    assert_eq!(usable(&plan("fe80::1%7")).await.unwrap(), ["[fe80::1%7]:80"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_interface_is_found_by_its_name() {
    let found = usable(&plan("fe80::1%lo")).await.unwrap();
    let index = std::fs::read_to_string("/sys/class/net/lo/ifindex").unwrap();
    assert_eq!(found, [format!("[fe80::1%{}]:80", index.trim())]);
    assert_eq!(usable(&plan("fe80::1%nosuch0")).await.unwrap_err().code, "ENOTFOUND");
}

#[test]
fn a_target_has_the_brackets_it_needs() {
    let table = [
        ("example.com", "example.com:80"),
        ("10.0.0.1", "10.0.0.1:80"),
        ("::1", "[::1]:80"),
        ("fe80::1%eth0", "[fe80::1%eth0]:80"),
    ];
    for (host, target) in table {
        assert_eq!(plan(host).target().to_string(), target);
    }
}
