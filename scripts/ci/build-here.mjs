// Builds and checks the release binary of one target on a machine of its own: on Windows with MSVC and its C runtime linked
// in, elsewhere as `npm run build:targets` does. Knows no tests.

import { copyFileSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from '../run.mjs'
import { binaryOf, chosen } from '../targets/targets.mjs'

if (process.argv.length !== 3) {
  console.error('use: node scripts/ci/build-here.mjs <target>')
  process.exit(1)
}
const [target] = chosen(process.argv.slice(2))

if (process.platform === 'win32') buildWithMsvc(target)
else run(`npm run -s build:targets -- ${target.name}`)

function buildWithMsvc({ name, platform, triple }) {
  if (platform !== 'win32') {
    console.error(`${name} cannot be built on Windows.`)
    process.exit(1)
  }
  const msvc = triple.replace('-gnu', '-msvc')
  const registry = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'registry', 'src')
  run(`rustup target add ${msvc}`)
  run(`cargo build --lib --release --locked --target ${msvc}`, {
    // A plain Windows has no vcruntime140.dll; and no path of this machine belongs into the binary.
    CARGO_ENCODED_RUSTFLAGS: ['-Ctarget-feature=+crt-static', `--remap-path-prefix=${registry}=/cargo`].join('\x1f')
  })
  const binary = binaryOf({ name })
  mkdirSync(dirname(binary), { recursive: true })
  copyFileSync(join('target', msvc, 'release', 'tcpull.dll'), binary)
}
