#!/usr/bin/env bash
# Makes the machine that tests of foreign targets run on: a folder of Debian 13 with Node for Linux on ia32, Wine, Node for
# Windows, and the servers that tests talk to. Knows how to build it, not how to run anything in it.
set -euo pipefail
cd "$(dirname "$0")"

suite=trixie
packages=(nodejs:i386 wine wine64 wine32:i386 redis-server memcached nginx-light openssl postgresql python3-aiosmtpd)
# Without the first one squid and stunnel would bring all of systemd along.
packages+=(systemd-standalone-sysusers microsocks python3-twisted tinyproxy-bin squid stunnel4 libnss-wrapper)
. ../cache.sh
machine="$cache/hosts/$suite"
# A change of this recipe, or of the Nodes' versions, makes the folder anew.
recipe="$(cat setup-hosts.sh hosts/package-lock.json | sha256sum)"
[ "$(cat "$machine/recipe" 2>/dev/null)" != "$recipe" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "The foreign targets' tests need a folder of Debian in $machine, which only root can make." >&2
  exit 1
fi
mkdir -p "$cache/hosts"
exec 9>"$cache/hosts/lock"
flock 9
[ "$(cat "$machine/recipe" 2>/dev/null)" != "$recipe" ] || exit 0

if ! command -v debootstrap >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap
fi

# The archive that this machine's own packages come from.
release="$(. /etc/os-release && echo "$VERSION_CODENAME")"
mirror="$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' | sed -n "s/ $release main\$//p" | head -1)"
if [ -z "$mirror" ]; then
  echo "No Debian archive for $release is among this machine's package sources." >&2
  exit 1
fi

making="$machine.making"
rm -rf "$making"
debootstrap --variant=minbase "$suite" "$making" "$mirror" >"$cache/hosts/debootstrap.log"
mkdir "$making/machine"
cp hosts/package.json hosts/package-lock.json "$making/machine"

# Mounts and processes end with this one shell, however it ends.
MAKING="$making" PACKAGES="${packages[*]}" unshare --mount --pid --fork --kill-child bash -euo pipefail <<'INSIDE'
mount -t proc proc "$MAKING/proc"
mount --rbind /dev "$MAKING/dev"
export DEBIAN_FRONTEND=noninteractive
# Keeps Debian's packages from starting their services.
export RUNLEVEL=1
within() { HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$MAKING" "$@"; }
within dpkg --add-architecture i386
within apt-get update -qq
within apt-get install -y -qq --no-install-recommends $PACKAGES >"${MAKING%/*}/apt.log"
within apt-get clean
# Wine's first start makes its drive, which takes a while.
WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' within wineboot --init </dev/null >"${MAKING%/*}/wine.log" 2>&1
within wineserver --wait
INSIDE

# They name Windows as their platform, and their install scripts refuse any other.
npm ci --prefix "$making/machine" --force --ignore-scripts --no-audit --no-fund --silent
echo "$recipe" >"$making/recipe"
rm -rf "$machine"
mv "$making" "$machine"
