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
  /** The folder of this package's package.json, where a local build leaves its binary */
  root: string
  /** This package's version, which the binary's `version()` must equal */
  version: string
  require(id: string): unknown
}

interface Binary {
  version(): string
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
 * @throws an `Error` with code `ERR_TCPULL_BINARY` that names every place tried, what was wrong with each, and what to install
 */
export function loadBinary<T extends Binary>(host: Host): T {
  const override = host.env['TCPULL_BINARY']
  if (override) return firstThatLoads(host, [resolve(override)], `Check TCPULL_BINARY, which is set to ${override}.`)

  const target = `${host.platform}-${host.arch}`
  const names = ABIS[target]?.map((abi) => `${target}-${abi}`)
  if (!names) {
    const supported = Object.keys(ABIS).join(', ')
    throw failure(
      `tcpull has no binary for ${target}, only for ${supported}. TCPULL_BINARY may name one of your own.`,
      []
    )
  }
  const local = names.map((name) => join(host.root, `tcpull.${name}.node`))
  const packages = names.map((name) => `tcpull-${name}`)
  const hint =
    `Install its package: npm install ${packages[0]}@${host.version} ` +
    '(npm leaves optional packages out under --omit=optional and when a lock file was made on another platform).'
  return firstThatLoads(host, [...local, ...packages], hint)
}

function firstThatLoads<T extends Binary>(host: Host, places: readonly string[], hint: string): T {
  const causes: Error[] = []
  for (const place of places) {
    try {
      const binary = host.require(place) as T
      const version = binary.version()
      if (version === host.version) return binary
      causes.push(new Error(`${place}: the binary is version ${version}, this package is ${host.version}`))
    } catch (cause) {
      // Node's message for a missing module goes on with the requiring files, a line each.
      const reason = String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0]
      causes.push(new Error(`${place}: ${reason}`, { cause }))
    }
  }
  const tried = causes.map((cause) => `\n  ${cause.message}`).join('')
  throw failure(`tcpull found no binary that loads on ${host.platform}-${host.arch}. Tried:${tried}\n${hint}`, causes)
}

function failure(message: string, causes: readonly Error[]): Error {
  const cause = causes.length > 1 ? new AggregateError(causes) : causes[0]
  return Object.assign(new Error(message, cause && { cause }), { code: 'ERR_TCPULL_BINARY' })
}
