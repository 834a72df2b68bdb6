# Where the scripts keep what outlives a checkout (`scripts/cache.mjs` says the same to Node); knows nothing of what is kept.
# shellcheck shell=bash disable=SC2034
cache=${TCPULL_CACHE:-$HOME/.cache/tcpull}
