// Builds what a benchmark runs, by cargo; knows nothing of workloads.
import { spawnSync } from 'node:child_process'
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Builds the Rust programs; their paths by name. */
export function buildPrograms(root) {
  const artifacts = cargo(root, ['--package', 'tcpull-benchmark', '--bins'])
  return Object.fromEntries(artifacts.filter((a) => a.executable).map((a) => [a.target.name, a.executable]))
}

/** Builds the addon with other cryptography, in a folder of its own so that no build undoes another; its path. */
export function buildBinary(root, crypto) {
  const folder = join(root, 'target', `benchmark-${crypto}`)
  const features = ['--no-default-features', '--features', `binding,${crypto}`]
  const artifacts = cargo(root, ['--package', 'tcpull', '--lib', ...features, '--target-dir', folder])
  const library = artifacts
    .filter((a) => a.target?.name === 'tcpull')
    .flatMap((a) => a.filenames)
    .find((name) => name.endsWith('.so'))
  // Node loads addons by this ending alone.
  const binary = join(folder, `tcpull.${crypto}.node`)
  copyFileSync(library, binary)
  return binary
}

/** The addon that contestants load unless told of another: what `npm run build` has left. */
export function ownBinary(root) {
  return process.env.TCPULL_BINARY ?? join(root, `tcpull.${process.platform}-${process.arch}-gnu.node`)
}

/** MiB of a file, as text. */
export function sizeOf(path) {
  return `${(statSync(path).size / (1 << 20)).toFixed(2)} MiB`
}

/** What cargo says it has made. */
function cargo(root, what) {
  const command = ['build', '--release', ...what, '--message-format', 'json-render-diagnostics']
  const stdio = ['ignore', 'pipe', 'inherit']
  const { status, error, stdout } = spawnSync('cargo', command, {
    cwd: root,
    stdio,
    encoding: 'utf8',
    maxBuffer: 1 << 26
  })
  if (status !== 0) throw error ?? new Error(`cargo ${command.join(' ')} exited with ${status}`)
  return stdout
    .trimEnd()
    .split('\n')
    .map((message) => JSON.parse(message))
}
