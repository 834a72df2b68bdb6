// The native binary under the types that its build wrote; the only file that loads it.

import { join } from 'node:path'
import type * as binding from './binding'
import { loadBinary } from './loader'

const root = join(__dirname, '..', '..')
const { version } = require('../../package.json') as { version: string }

/** Everything that the Rust side exports. */
export const native = loadBinary<typeof binding>({
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  root,
  version,
  require
})
