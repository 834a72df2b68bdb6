// What a binary may need of the user's system, offer and give away; judges the facts of `inspect`, opens no file.

/** The newest glibc that may be needed: Node's own builds want 2.28, those for older systems (RHEL 7) 2.17. */
export const GLIBC = '2.17'

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

/** What is wrong, as sentences. */
export function judge(facts, { platform, format, limit }) {
  const allowed = platform === 'linux' ? LINUX_LIBRARIES : WINDOWS_LIBRARIES
  const foreign = facts.libraries.filter((library) => !allowed.includes(library))
  const tooNew = facts.versions.filter(
    (version) => !/^GLIBC_\d/.test(version) || isNewer(version.slice('GLIBC_'.length), GLIBC)
  )
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
    ...facts.leaks.map((path) => `it holds the path ${path} of a machine that builds`)
  ].filter(Boolean)
}

/** The newest glibc that is needed. */
export function newest(versions) {
  return versions.map((version) => version.replace('GLIBC_', '')).sort((a, b) => (isNewer(a, b) ? -1 : 1))[0]
}

function isNewer(version, than) {
  return version.localeCompare(than, 'en', { numeric: true }) > 0
}
