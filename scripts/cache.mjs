// Where the scripts keep what outlives a checkout (`scripts/cache.sh` says the same to shells); knows nothing of what is kept.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const cache = resolve(process.env.TCPULL_CACHE || join(homedir(), '.cache', 'tcpull'))
