// The native binary under the types that its build wrote; the only file that loads it.

import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type * as binding from './binding'
import { loadBinary } from './loader'

// A bundle has this code in a file of its own, in an ES module even without `__filename`: then no checkout is around
// it, and the platform's package is looked for from the bundle, or else from the program that was started; where that is
// no file (`node -e`), from the current folder.
const file = resolve(typeof __filename === 'string' ? __filename : (process.argv[1] ?? 'index.js'))
const inPlace = file.endsWith(join('dist', 'src-ts', 'native.js'))

const { version } = require('../../package.json') as { version: string }

/** Everything that the Rust side exports. */
export const native = loadBinary<typeof binding>({
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  root: inPlace ? join(file, '..', '..', '..') : undefined,
  version,
  hasGlibc,
  require: createRequire(file)
})

/** Where there is no report to ask, as in other runtimes, nothing speaks against it. */
function hasGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined
  return !report?.header || report.header.glibcVersionRuntime !== undefined
}
