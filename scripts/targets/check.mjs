// Whether a built binary may be published: what it needs of the user's system, what it offers, what it gives away. Prints
// what it finds; knows objdump only through `inspect`.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { cache } from '../cache.mjs'
import { inspect } from './inspect.mjs'
import { binaryOf } from './targets.mjs'

/** The newest glibc that may be needed: Node 18's own, that of RHEL 7, has 2.17. */
const GLIBC = '2.17'

/** glibc's parts. Not libgcc_s: a small image may lack it. */
const LINUX_LIBRARIES = [
  'ld-linux-x86-64.so.2',
  'ld-linux.so.2',
  'libc.so.6',
  'libdl.so.2',
  'libm.so.6',
  'libpthread.so.0',
  'librt.so.1'
]

/** What every Windows 10 has. Not MinGW's libgcc and libwinpthread, nor MSVC's redistributable vcruntime140. */
const WINDOWS_LIBRARIES = [
  'advapi32.dll',
  'api-ms-win-core-synch-l1-2-0.dll',
  'bcrypt.dll',
  'bcryptprimitives.dll',
  'crypt32.dll',
  'kernel32.dll',
  'msvcrt.dll',
  'ntdll.dll',
  'userenv.dll',
  'ws2_32.dll'
]

/** Node-API's entry points; anything else could clash with another addon of the process. */
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']

/** Prints what the target's binary is; gives its name, format, size and what is wrong with it. */
export function check(target) {
  const file = binaryOf(target)
  const content = readFileSync(file)
  const facts = { ...inspect(file), size: content.length, leaks: leaks(content) }
  const complaints = judge(facts, target)
  console.log(`format     ${facts.format}, ${facts.size} bytes (at most ${target.limit})`)
  console.log(`needs      ${facts.libraries.join(' ')}`)
  if (target.platform === 'linux') console.log(`glibc      ${newest(facts.versions) ?? 'none'} (at most ${GLIBC})`)
  console.log(`exports    ${facts.exports.join(' ')}`)
  console.log(
    `has        ${Object.keys(facts.hardening)
      .filter((key) => facts.hardening[key])
      .join(', ')}`
  )
  console.log(`stripped   ${facts.symbols} symbols, ${facts.debugSections.length} debug sections`)
  console.log(complaints.length === 0 ? 'good' : complaints.map((complaint) => `WRONG      ${complaint}`).join('\n'))
  return { name: target.name, format: facts.format, size: facts.size, complaints }
}

/** What is wrong, as sentences. */
export function judge(facts, { platform, format, limit }) {
  const allowed = platform === 'linux' ? LINUX_LIBRARIES : WINDOWS_LIBRARIES
  const foreign = facts.libraries.filter((library) => !allowed.includes(library))
  const tooNew = facts.versions.filter((version) => !/^GLIBC_\d/.test(version) || isNewer(version.slice(6), GLIBC))
  const surplus = facts.exports.filter((name) => !EXPORTS.includes(name))
  return [
    facts.format !== format && `it is ${facts.format}, not ${format}`,
    facts.size > limit && `${facts.size} bytes are more than ${limit}`,
    foreign.length > 0 && `it needs ${foreign.join(', ')}`,
    facts.libraries.length === 0 && 'it needs no library at all: the imports were not found',
    tooNew.length > 0 && `it needs ${tooNew.join(', ')}`,
    platform === 'linux' && facts.versions.length === 0 && 'no version of glibc was found',
    surplus.length > 0 && `it exports ${surplus.join(', ')}`,
    !facts.exports.includes(EXPORTS[0]) && `it does not export ${EXPORTS[0]}`,
    facts.symbols > 0 && `it is not stripped: ${facts.symbols} symbols`,
    facts.debugSections.length > 0 && `it is not stripped: ${facts.debugSections.join(', ')}`,
    ...Object.entries(facts.hardening).map(([what, is]) => !is && `it lacks: ${what}`),
    ...facts.leaks.map((path) => `it holds the path ${path} of the machine that built it`)
  ].filter(Boolean)
}

function leaks(content) {
  return [homedir(), cache, resolve('.')].filter((path) => content.includes(`${path}/`))
}

function newest(versions) {
  return versions.map((version) => version.replace('GLIBC_', '')).sort((a, b) => (isNewer(a, b) ? -1 : 1))[0]
}

function isNewer(version, than) {
  return version.localeCompare(than, 'en', { numeric: true }) > 0
}
