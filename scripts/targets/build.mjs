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

function environmentOf({ name, triple }) {
  // No path of the machine that builds is in the binary: panics name the files of the libraries.
  const flags = [
    `--remap-path-prefix=${join(cargoHome, 'registry', 'src')}=/cargo`,
    '--remap-path-prefix=/usr/lib/rustlib/src/rust=/rust'
  ]
  return {
    ...cryptography(triple),
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

// What AWS-LC's build is told; for MSVC the workflow says the same.
function cryptography(triple) {
  const settings = {
    // Randomness is the system's, and the processor's where it has some. What a clock's jitter would add takes 40 ms of a
    // process's first connection, exports functions on Windows, and may crash a process that ends there (aws/aws-lc#3540).
    AWS_LC_SYS_NO_JITTER_ENTROPY: '1'
  }
  // Nothing unwinds through its C, which calls none of ours. Its tables are 50 KB in 64 bits of Linux, of use to
  // profilers, and some 300 KB in 32 bits; and MinGW's linker keeps every function that has one.
  if (triple === 'x86_64-unknown-linux-gnu') return settings
  return { ...settings, AWS_LC_SYS_CFLAGS: '-fno-unwind-tables -fno-asynchronous-unwind-tables' }
}
