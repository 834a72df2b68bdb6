#!/usr/bin/env bash
# Brings to a Windows with Git, Rust and MSVC what building its binaries needs: NASM, which AWS-LC's assembly is written for,
# and which a runner lacks. On GitHub it is found by the steps that follow.
set -euo pipefail
. "$(dirname "$0")/cache.sh"

version=2.16.03
wanted=3ee4782247bcb874378d02f7eab4e294a84d3d15f3f6ee2de2f47a46aa7226e6

folder=$cache/nasm-$version
if [ ! -e "$folder/nasm.exe" ]; then
  mkdir -p "$cache"
  zip=$cache/nasm.zip
  curl -fsSL --retry 5 --retry-all-errors -o "$zip" \
    "https://www.nasm.us/pub/nasm/releasebuilds/$version/win64/nasm-$version-win64.zip"
  echo "$wanted *$zip" | sha256sum --check --quiet
  unzip -q -o "$zip" -d "$cache"
  rm "$zip"
fi
"$folder/nasm.exe" -version
if [ -n "${GITHUB_PATH:-}" ]; then cygpath -w "$folder" >>"$GITHUB_PATH"; fi
