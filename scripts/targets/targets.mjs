// The four platforms that the package is made for: how each is called by whom, and how large its binary may be.

import { fileURLToPath } from 'node:url'

/**
 * `name` is the folder under `npm/` and the end of the package's and the binary's name; `platform` and `arch` are
 * Node's words; `triple` is what is built here. Node-API is plain C, so that a Windows binary made by MinGW stands in for
 * the one that a release makes with MSVC. `format` is objdump's word. `limit` is in bytes, 15 % above what it was when
 * last decided on: enough for what is in there, not for another library.
 */
export const targets = [
  {
    name: 'linux-x64-gnu',
    platform: 'linux',
    arch: 'x64',
    triple: 'x86_64-unknown-linux-gnu',
    format: 'elf64-x86-64',
    limit: 6_300_000
  },
  {
    name: 'linux-ia32-gnu',
    platform: 'linux',
    arch: 'ia32',
    triple: 'i686-unknown-linux-gnu',
    format: 'elf32-i386',
    limit: 4_400_000
  },
  {
    name: 'win32-x64-msvc',
    platform: 'win32',
    arch: 'x64',
    triple: 'x86_64-pc-windows-gnu',
    format: 'pei-x86-64',
    limit: 4_650_000
  },
  {
    name: 'win32-ia32-msvc',
    platform: 'win32',
    arch: 'ia32',
    triple: 'i686-pc-windows-gnu',
    format: 'pei-i386',
    limit: 4_550_000
  }
]

/** The targets named, all if none is; an unknown name ends the process. */
export function chosen(names) {
  const unknown = names.find((name) => !targets.some((target) => target.name === name))
  if (unknown !== undefined) {
    console.error(`no target is called ${unknown}; there are ${targets.map((target) => target.name).join(', ')}`)
    process.exit(1)
  }
  return names.length === 0 ? targets : targets.filter((target) => names.includes(target.name))
}

/** Where a target's binary belongs, for npm to pack and for `napi artifacts` to put. */
export function binaryOf({ name }) {
  return fileURLToPath(new URL(`../../npm/${name}/tcpull.${name}.node`, import.meta.url))
}
