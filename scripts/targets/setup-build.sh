#!/usr/bin/env bash
# Brings to a Debian 12 or later what builds the binaries of all four targets; knows nothing of the project's sources.
# Rust's standard library is built from source for each target, because rustup's channels are not everywhere at hand:
# Debian's rustc-web comes with that source and with a cargo of the same version.
set -euo pipefail
. "$(dirname "$0")/../cache.sh"

# Two checkouts may build at once; they share what is made here.
mkdir -p "$cache"
exec 9>"$cache/setup-build.lock"
flock 9

packages=()
need() { [ -e "$1" ] || packages+=("$2"); }
need /usr/bin/cc build-essential
need /usr/bin/rustc rustc-web
need /usr/bin/cargo cargo-web
need /usr/lib/rustlib/src/rust/library/Cargo.lock rust-web-src
need /usr/bin/x86_64-w64-mingw32-gcc-win32 gcc-mingw-w64-x86-64-win32
need /usr/bin/i686-w64-mingw32-gcc-win32 gcc-mingw-w64-i686-win32
# AWS-LC's assembly for Windows is in its language.
need /usr/bin/nasm nasm
python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3 python3-venv)

# The target's start files, which rustup ships ready-made; rustc looks for them beside its libraries.
startup=/usr/lib/rustlib/i686-pc-windows-gnu/lib
startup_missing=
for part in rsbegin rsend; do
  [ -e "$startup/$part.o" ] || startup_missing=yes
done

if { [ ${#packages[@]} -gt 0 ] || [ -n "$startup_missing" ]; } && [ "$(id -u)" -ne 0 ]; then
  echo "Building the four targets needs root once, for ${packages[*]} and start files in $startup" >&2
  exit 1
fi
if [ ${#packages[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi
if [ -n "$startup_missing" ]; then
  mkdir -p "$startup"
  for part in rsbegin rsend; do
    RUSTC_BOOTSTRAP=1 /usr/bin/rustc --target i686-pc-windows-gnu --emit=obj -o "$startup/$part.o" \
      "/usr/lib/rustlib/src/rust/library/rtstartup/$part.rs"
  done
fi

# zig links against any glibc from 2.17 on, for 32 bits too.
zig=$cache/zig
wanted='ziglang==0.15.2 cargo-zigbuild==0.24.0'
if [ "$(cat "$zig/installed" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$zig"
  python3 -m venv "$zig"
  # shellcheck disable=SC2086 # one word for each package
  "$zig/bin/pip" install -q $wanted
  echo "$wanted" >"$zig/installed"
fi

# napi-build asks for an import library of libnode; with napi's dyn-symbols nothing is taken from it, so it is empty.
libnode=$cache/libnode
mkdir -p "$libnode"
for library in libnode.dll libnode.dll.a; do
  [ -e "$libnode/$library" ] || printf '!<arch>\n' >"$libnode/$library"
done
