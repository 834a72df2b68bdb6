// Builds the release binaries of the four targets, or of those named, into `npm/`, and has them checked; knows
// compilers and linkers, not what makes a binary good.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { cache } from '../cache.mjs'
import { run } from '../run.mjs'
import { binaryOf, chosen } from './targets.mjs'

const wanted = chosen(process.argv.slice(2))
run('scripts/targets/setup-build.sh')

const cargoHome = process.env.CARGO_HOME || join(homedir(), '.cargo')
for (const target of wanted) build(target)
run(`node scripts/targets/check.mjs ${wanted.map(({ name }) => name).join(' ')}`)

// Plain cargo and a copy: `napi build` would add a loader and declarations, which the host's build makes, and knows
// neither cargo-zigbuild's versioned triples nor a standard library built from source.
function build(target) {
  console.log(`\n== ${target.name} (${target.triple})`)
  const artifacts = join('build', 'artifacts', target.name)
  const [command, triple, library] =
    target.platform === 'linux'
      ? ['zigbuild', `${target.triple}.2.17`, 'libtcpull.so']
      : ['build', target.triple, 'tcpull.dll']
  // Cargo copies what it made while it holds the lock of the target folder, which all checkouts share.
  const copy = `-Zunstable-options --artifact-dir ${artifacts}`
  // By dates alone, a checkout older than another one's last build would be given that one's binary.
  const fresh = '-Zchecksum-freshness'
  run(
    `cargo ${command} --lib --release --locked --target ${triple} -Zbuild-std=std,panic_unwind ${fresh} ${copy}`,
    environmentOf(target)
  )
  const binary = binaryOf(target)
  mkdirSync(dirname(binary), { recursive: true })
  copyFileSync(join(artifacts, library), binary)
  rmSync(artifacts, { recursive: true })
}

function environmentOf({ name }) {
  // No path of the machine that builds is in the binary: panics name the files of the libraries.
  const flags = [
    `--remap-path-prefix=${join(cargoHome, 'registry', 'src')}=/cargo`,
    '--remap-path-prefix=/usr/lib/rustlib/src/rust=/rust'
  ]
  return {
    PATH: `${join(cache, 'zig', 'bin')}:/usr/bin:/bin`,
    RUSTC: '/usr/bin/rustc',
    // The standard library can only be built from source by what calls itself a nightly compiler.
    RUSTC_BOOTSTRAP: '1',
    CARGO_TARGET_DIR: join(cache, 'target', name),
    CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'),
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER: 'x86_64-w64-mingw32-gcc-win32',
    CARGO_TARGET_I686_PC_WINDOWS_GNU_LINKER: 'i686-w64-mingw32-gcc-win32',
    LIBNODE_PATH: join(cache, 'libnode'),
    CARGO_ZIGBUILD_CACHE_DIR: join(cache, 'zig-cache'),
    ZIG_GLOBAL_CACHE_DIR: join(cache, 'zig-cache'),
    ZIG_LOCAL_CACHE_DIR: join(cache, 'zig-cache')
  }
}
