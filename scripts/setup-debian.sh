#!/usr/bin/env bash
# Brings to a bare Debian with Node and Rust what the tests and linters need: a linker, Rust's linters, a linter of shell
# scripts, and the servers and proxies that tests talk to. Starts nothing: the tests start them on free ports.
set -euo pipefail

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need cc build-essential
need shellcheck shellcheck
need redis-server redis-server
need memcached memcached
need openssl openssl
need aiosmtpd python3-aiosmtpd
need microsocks microsocks
need twist3 python3-twisted
need tinyproxy tinyproxy-bin
need stunnel stunnel4
# Debian keeps them where only root's path leads.
PATH=$PATH:/usr/sbin need nginx nginx-light
PATH=$PATH:/usr/sbin need squid squid
# No path leads to it: there may be several versions.
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
# A library, which gives proxies names that nobody else knows.
compgen -G '/usr/lib/*/libnss_wrapper.so' >/dev/null || packages+=(libnss-wrapper)

if [ ${#packages[@]} -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need these packages, which only root can install: ${packages[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # RUNLEVEL=1 keeps Debian's packages from starting their services.
  RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

# rustup's minimal profile lacks these.
if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
  rustup component add rustfmt clippy
fi
