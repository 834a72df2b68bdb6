#!/usr/bin/env bash
# Brings to a bare Debian with Node and Rust what the full test run needs.
set -euo pipefail

"$(dirname "$0")/setup-debian.sh"
"$(dirname "$0")/setup-deny.sh"
