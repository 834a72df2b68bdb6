#!/usr/bin/env bash
# Runs a command in the folder of Debian that setup-hosts.sh made, with one folder of this machine as /project. Knows
# nothing of what runs. What the command writes elsewhere, starts or mounts is gone when it ends, however it ends.
set -euo pipefail

if [ "$(id -u)" -ne 0 ]; then
  echo "Only root can enter the folder of Debian that the foreign targets' tests run in." >&2
  exit 1
fi
. "$(dirname "$0")/../cache.sh"
MACHINE="$cache/hosts/trixie"
PROJECT="$(realpath "$1")"
export MACHINE PROJECT
shift
# unshare ignores the signals that would end it; so it ends with this shell, which does not.
setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
  over="$MACHINE.over"
  mkdir -p "$over"
  mount -t tmpfs tmpfs "$over"
  mkdir "$over"/{written,work,root}
  mount -t overlay overlay -o "lowerdir=$MACHINE,upperdir=$over/written,workdir=$over/work" "$over/root"
  cd "$over/root"
  mount -t proc proc proc
  mount --rbind /dev dev
  mkdir project
  mount --bind "$PROJECT" project
  cp /etc/hosts etc/hosts
  # One wineserver holds the descriptors of all its processes.
  ulimit -n "$(ulimit -Hn)"
  exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CI="${CI:-}" TCPULL_REACTOR="${TCPULL_REACTOR:-}" \
    XDG_RUNTIME_DIR=/tmp WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" NODE_SKIP_PLATFORM_CHECK=1 \
    chroot . sh -c "cd /project && exec \"\$@\"" sh "$@"
' bash "$@" <&0 &
wait $!
