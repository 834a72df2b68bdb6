#!/usr/bin/env bash
# Brings to a bare Debian with Node and Rust what the full test run needs: a linker, three servers, cargo-deny.
# Starts nothing: the tests start the servers on free ports.
set -euo pipefail

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need cc build-essential
need redis-server redis-server
need memcached memcached
need nginx nginx-light

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

# Into cargo's own folder, which outlives the checkout.
command -v cargo-deny >/dev/null || cargo install cargo-deny --version '^0.20' --locked
