#!/usr/bin/env bash
# Brings cargo-deny, which checks licences, sources and advisories, into cargo's own folder, which outlives the checkout.
set -euo pipefail

command -v cargo-deny >/dev/null || cargo install cargo-deny --version '^0.20' --locked
