// Builds the native binary and then the JavaScript over it; knows the tools to run, nothing of the sources.

import { available, run } from './run.mjs'

if (!available('cargo')) {
  console.error(
    'Building tcpull needs Rust 1.88 or later and a C linker: install Rust with rustup, then run this again.'
  )
  process.exit(1)
}

run('napi build --platform --release --no-js --dts src-ts/binding.d.ts')
run('node scripts/compile.mjs')
