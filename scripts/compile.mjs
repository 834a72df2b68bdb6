// Compiles the package's TypeScript into `dist`; knows nothing of the native binary.

import { copyFileSync, rmSync } from 'node:fs'
import { run } from './run.mjs'

// What a removed source once compiled to must not be published.
rmSync('dist', { recursive: true, force: true })
run('tsc')
// tsc leaves hand-made declarations where they are; the compiled ones refer to this one.
copyFileSync('src-ts/binding.d.ts', 'dist/src-ts/binding.d.ts')
