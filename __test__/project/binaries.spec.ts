// What a binary may not need, offer or give away: the rules for the four targets, over objdump's own words. Builds nothing.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { root } from '../helpers/project'

interface Facts {
  format: string
  libraries: string[]
  versions: string[]
  exports: string[]
  hardening: Record<string, boolean>
  symbols: number
  debugSections: string[]
  size: number
  leaks: string[]
}
type Target = { name: string; platform: string; format: string; limit: number }

const load = async (name: string) => import(pathToFileURL(join(root, 'scripts', 'targets', name)).href)

const ELF = `
libtcpull.so:     file format elf32-i386

Program Header:
    LOAD off    0x000ab7f0 vaddr 0x000ac7f0 paddr 0x000ac7f0 align 2**12
         filesz 0x00108d80 memsz 0x00108d80 flags r-x
   RELRO off    0x001b4570 vaddr 0x001b6570 paddr 0x001b6570 align 2**0
         filesz 0x0000549c memsz 0x00005a90 flags r--
   STACK off    0x00000000 vaddr 0x00000000 paddr 0x00000000 align 2**0
         filesz 0x00000000 memsz 0x00000000 flags rw-

Dynamic Section:
  NEEDED               libm.so.6
  NEEDED               libc.so.6
  SONAME               libtcpull.so
  FLAGS                0x00000008
  FLAGS_1              0x00000009
  REL                  0x000011d0

Version References:
  required from libc.so.6:
    0x0d696910 0x00 02 GLIBC_2.0
    0x06969197 0x00 16 GLIBC_2.17
`

const ELF_SYMBOLS = `
libtcpull.so:     file format elf32-i386

DYNAMIC SYMBOL TABLE:
00000000      DF *UND*	00000000 (GLIBC_2.0) memcpy
00000000  w   D  *UND*	00000000  Base        statx
00154400 g    DF .text	00003875  Base        napi_register_module_v1
`

const PE = `
tcpull.dll:     file format pei-i386

Subsystem		00000003	(Windows CUI)
DllCharacteristics	00000140
					DYNAMIC_BASE
					NX_COMPAT

	DLL Name: KERNEL32.dll
	vma:  Hint/Ord Member-Name Bound-To
	2c5860	    1  FreeLibrary

	DLL Name: ws2_32.dll

[Ordinal/Name Pointer] Table
	[   0] napi_register_module_v1

PE File Base Relocations (interpreted .reloc section contents)
	reloc    0 offset    6 [1006] HIGHLOW
`

const STRIPPED = '\ntcpull:     file format any\n\nSYMBOL TABLE:\nno symbols\n'
const SECTIONS = `
Sections:
Idx Name          Size      VMA       LMA       File off  Algn
  0 .text         001de270  10001000  10001000  00000400  2**2
                  CONTENTS, ALLOC, LOAD, READONLY, CODE, DATA
 24 .comment      0000011b  00000000  00000000  001ba334  2**0
`

const LINUX = { platform: 'linux', format: 'elf32-i386', limit: 100 }
const WINDOWS = { platform: 'win32', format: 'pei-i386', limit: 100 }

/** The complaints about what objdump printed, as each `[from, to]` changes it. */
async function complaints(platform: 'linux' | 'win32', changes: [from: string, to: string][], more = {}) {
  const { formatOf, readElf, readPe, readSymbols } = await load('inspect.mjs')
  const { judge } = await load('judge.mjs')
  const changed = (text: string) => changes.reduce((all, [from, to]) => all.replaceAll(from, to), text)
  const [symbols, sections] = [changed(STRIPPED), changed(SECTIONS)]
  const headers = changed(platform === 'linux' ? ELF : PE)
  const facts = platform === 'linux' ? readElf(headers, changed(ELF_SYMBOLS)) : readPe(headers)
  const all: Facts = { format: formatOf(headers), ...facts, ...readSymbols(symbols, sections), size: 100, leaks: [] }
  return judge({ ...all, ...more }, platform === 'linux' ? LINUX : WINDOWS) as string[]
}

test('what is as it should be brings no complaint', async (t) => {
  t.deepEqual(await complaints('linux', []), [])
  t.deepEqual(await complaints('win32', []), [])
  t.deepEqual(await complaints('win32', [['[   0] napi', '[   0] +base[   1]  0000 napi']]), [])
  const both: [string, string] = ['[   0] napi', '[   0] node_api_module_get_api_version_v1\n\t[   1] napi']
  t.deepEqual(await complaints('win32', [both]), [])
})

const BAD: [platform: 'linux' | 'win32', change: [from: string, to: string], complaint: RegExp][] = [
  ['linux', ['elf32-i386', 'elf64-x86-64'], /it is elf64-x86-64, not elf32-i386/],
  ['win32', ['pei-i386', 'pei-x86-64'], /it is pei-x86-64, not pei-i386/],
  ['linux', ['libm.so.6', 'libgcc_s.so.1'], /it needs libgcc_s\.so\.1/],
  ['win32', ['ws2_32.dll', 'libwinpthread-1.dll'], /it needs libwinpthread-1\.dll/],
  ['win32', ['ws2_32.dll', 'VCRUNTIME140.dll'], /it needs vcruntime140\.dll/],
  ['win32', ['DLL Name', 'DLL'], /the imports were not found/],
  ['linux', ['NEEDED', 'WANTED'], /the imports were not found/],
  ['linux', ['GLIBC_2.17', 'GLIBC_2.18'], /it needs GLIBC_2\.18$/],
  ['linux', ['GLIBC_2.17', 'GLIBC_2.34'], /it needs GLIBC_2\.34$/],
  ['linux', ['GLIBC_2.17', 'GLIBC_ABI_DT_RELR'], /it needs GLIBC_ABI_DT_RELR$/],
  ['linux', ['GLIBC_2.17', 'GCC_3.0'], /it needs GCC_3\.0$/],
  ['linux', ['Version References', 'No references'], /no version of glibc was found/],
  [
    'linux',
    ['statx\n', 'statx\n00154400 g    DF .text\t00003875  Base        rust_eh_personality\n'],
    /exports rust_eh/
  ],
  ['win32', ['[   0] napi', '[   0] aws_lc_init\n\t[   1] napi'], /it exports aws_lc_init/],
  [
    'linux',
    ['napi_register_module_v1\n', 'napi_register_module\n'],
    /it exports.*it does not export napi_register_module_v1/
  ],
  ['win32', ['\t[   0] napi_register_module_v1\n', ''], /it does not export napi_register_module_v1/],
  ['linux', ['no symbols', '00001000 l     F .text\t00000010 main'], /not stripped: 1 symbols/],
  ['win32', ['no symbols', '[  0](sec  1)(fl 0x00)(ty   20)(scl   2) (nx 0) 0x0 main'], /not stripped: 1 symbols/],
  ['linux', ['.comment      ', '.debug_info   '], /not stripped: \.debug_info/],
  ['linux', ['REL  ', 'TEXTREL  0x0\n  REL  '], /it lacks: no text relocations/],
  ['linux', ['FLAGS                0x00000008', 'FLAGS                0x0000000c'], /it lacks: no text relocations/],
  ['linux', ['flags rw-', 'flags rwx'], /it lacks: a stack without code/],
  ['linux', ['   STACK', '   OTHER'], /it lacks: a stack without code/],
  ['linux', ['   RELRO', '   OTHER'], /it lacks: bound at load/],
  ['linux', ['FLAGS                0x00000008', 'FLAGS                0x00000000'], /it lacks: bound at load/],
  ['linux', ['0x00000009', '0x00000001'], /it lacks: never unloaded/],
  ['win32', ['DYNAMIC_BASE', 'NO_SEH'], /it lacks: may be loaded anywhere/],
  ['win32', ['NX_COMPAT', 'NO_SEH'], /it lacks: data that is no code/]
]

for (const [index, [platform, change, complaint]] of BAD.entries()) {
  test(`${platform}: «${change[1].trim() || 'nothing'}» in place of «${change[0].trim()}» is complained of (${index})`, async (t) => {
    t.regex((await complaints(platform, [change])).join('; '), complaint)
  })
}

test('a size above the limit and a path of the builder are complained of', async (t) => {
  t.deepEqual(await complaints('linux', [], { size: 101 }), ['101 bytes are more than 100'])
  t.regex((await complaints('win32', [], { leaks: ['/home/me'] })).join(), /^it holds the path \/home\/me /)
})

test('the table of targets, the packages and the release speak of the same four', async (t) => {
  const { targets, binaryOf } = await load('targets.mjs')
  for (const target of targets as Target[]) {
    const manifest = require(join(root, 'npm', target.name, 'package.json'))
    t.is(join(root, 'npm', target.name, manifest.main), binaryOf(target))
    t.deepEqual(manifest.os, [target.platform])
  }
  const names = (targets as Target[]).map(({ name }) => `tcpull-${name}`)
  t.is(new Set(names).size, 4)
  t.is(require(join(root, 'package.json')).napi.targets.length, 4)
})

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip

onLinux('objdump is read as it speaks on this machine', async (t) => {
  const { inspect } = await load('inspect.mjs')
  const facts: Facts = inspect(join(root, 'tcpull.linux-x64-gnu.node'))
  t.is(facts.format, 'elf64-x86-64')
  t.deepEqual(facts.exports, ['napi_register_module_v1'])
  t.true(facts.libraries.includes('libc.so.6'))
  t.deepEqual([facts.symbols, facts.debugSections], [0, []])
  t.notDeepEqual(facts.versions, [])
})
