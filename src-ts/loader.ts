// Finds and loads the native binary; knows files, packages and versions, and nothing of what the binary does.

import { join, resolve } from 'node:path'

/** What the search may look at; a parameter, so that every platform's search can be tested on one machine. */
export interface Host {
  /** `process.platform` */
  platform: string
  /** `process.arch` */
  arch: string
  /** `process.env`, of which `TCPULL_BINARY` is read */
  env: Record<string, string | undefined>
  /** The folder of this package's package.json, where a local build leaves its binary; none inside a bundle */
  root: string | undefined
  /** This package's version, which the binary's `version()` must equal */
  version: string
  /** Whether the C library is glibc; only asked of Linux, and only when nothing loads, for the answer takes its time */
  hasGlibc(): boolean
  require(id: string): unknown
}

interface Binary {
  version(): string
}

/** Why one place gave no binary. */
interface Miss {
  kind: Kind
  error: Error
}

type Kind = 'absent' | 'forbidden' | 'unreadable' | 'broken'

// By the code of what `require` throws; all else is broken.
const KINDS: Record<string, Kind> = {
  MODULE_NOT_FOUND: 'absent',
  ERR_DLOPEN_DISABLED: 'forbidden',
  ERR_ACCESS_DENIED: 'unreadable'
}

// Node-API is plain C, so on Windows a binary made with either tool chain serves; MSVC's is the published one.
const ABIS: Record<string, readonly string[]> = {
  'linux-ia32': ['gnu'],
  'linux-x64': ['gnu'],
  'win32-ia32': ['msvc', 'gnu'],
  'win32-x64': ['msvc', 'gnu']
}

/**
 * The first binary that loads and is of this package's version: the file that `TCPULL_BINARY` names and no other,
 * else a local build beside package.json, else the platform's package.
 *
 * @throws an `Error` with code `ERR_TCPULL_BINARY` that names every place tried, what was wrong with each, and what to do
 */
export function loadBinary<T extends Binary>(host: Host): T {
  const override = host.env['TCPULL_BINARY']
  const target = `${host.platform}-${host.arch}`
  const names = ABIS[target]?.map((abi) => `${target}-${abi}`)
  if (!override && !names) {
    const supported = Object.keys(ABIS).join(', ')
    throw failure(
      `tcpull has no binary for ${target}, only for ${supported}. TCPULL_BINARY may name one of your own.`,
      []
    )
  }
  const { root } = host
  const local = root === undefined ? [] : (names ?? []).map((name) => join(root, `tcpull.${name}.node`))
  const packages = (names ?? []).map((name) => `tcpull-${name}`)
  const misses: Miss[] = []
  for (const place of override ? [resolve(override)] : [...local, ...packages]) {
    const found = load<T>(host, place)
    if ('binary' in found) return found.binary
    misses.push(found)
  }
  const tried = misses.map(({ error }) => `\n  ${error.message}`).join('')
  throw failure(
    `tcpull found no binary that loads on ${target}. Tried:${tried}\n${advice(host, misses, override, packages[0])}`,
    misses.map(({ error }) => error)
  )
}

function load<T extends Binary>(host: Host, place: string): { binary: T } | Miss {
  try {
    const binary = host.require(place) as T
    if (typeof binary?.version !== 'function') {
      return { kind: 'broken', error: new Error(`${place}: not a binary of tcpull`) }
    }
    const version = binary.version()
    if (version === host.version) return { binary }
    const error = new Error(`${place}: the binary is version ${version}, this package is ${host.version}`)
    return { kind: 'broken', error }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code
    const kind = KINDS[code ?? ''] ?? 'broken'
    // Node's message for a missing module goes on with the requiring files, a line each.
    const reason = String(cause instanceof Error ? cause.message : cause).split(/\r?\n/, 1)[0]
    return { kind, error: new Error(`${place}: ${reason}`, { cause }) }
  }
}

/** What to do, by what was wrong. */
function advice(host: Host, misses: readonly Miss[], override: string | undefined, name: string | undefined): string {
  if (misses.some(({ kind }) => kind === 'forbidden')) {
    return 'This process may not load addons: under --permission Node needs --allow-addons, and --no-addons forbids them.'
  }
  if (misses.some(({ kind }) => kind === 'unreadable')) {
    return 'This process may not read it: under --permission Node needs --allow-fs-read with its folder.'
  }
  if (override) return `Check TCPULL_BINARY, which is set to ${override}.`
  if (host.platform === 'linux' && !host.hasGlibc()) {
    return 'The binaries need glibc, and this system has another C library (musl, as in Alpine?): use one with glibc 2.17 or later.'
  }
  const install = `npm install ${name}@${host.version}`
  return misses.every(({ kind }) => kind === 'absent')
    ? `Install its package: ${install} ` +
        '(npm leaves optional packages out under --omit=optional and when a lock file was made on another platform).'
    : `Install the right one anew: ${install}`
}

function failure(message: string, causes: readonly Error[]): Error {
  const cause = causes.length > 1 ? new AggregateError(causes) : causes[0]
  return Object.assign(new Error(message, cause && { cause }), { code: 'ERR_TCPULL_BINARY' })
}
