// What the packing lets through: manifests without a fault, binaries of the right machine, and a root manifest for users.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { json, root } from '../helpers/project'

type Manifest = Record<string, unknown>
interface Target {
  name: string
  platform: string
  arch: string
}
interface Manifests {
  faultsOf(target: Target, manifest: Manifest, root: Manifest): string[]
  publishedRoot(manifest: Manifest, targets: Target[]): Manifest
  repositoryOf(env: Record<string, string>): object
}

const script = async <T>(...path: string[]) => (await import(pathToFileURL(join(root, 'scripts', ...path)).href)) as T
const manifests = () => script<Manifests>('manifests.mjs')
const table = async () => (await script<{ targets: Target[] }>('targets', 'targets.mjs')).targets

const tree = json('package.json')
const manifestOf = ({ name }: Target) => json(`npm/${name}/package.json`)

test('the manifests of the tree are without fault', async (t) => {
  const { faultsOf } = await manifests()
  const targets = await table()
  t.is(targets.length, 4)
  for (const target of targets) t.deepEqual(faultsOf(target, manifestOf(target), tree), [])
})

test('each thing that a platform manifest may have wrong is named', async (t) => {
  const { faultsOf } = await manifests()
  const wrong: Manifest = {
    name: 'tcpull-other',
    version: '9.9.9',
    license: 'none',
    type: 'module',
    os: ['sunos'],
    cpu: ['sparc'],
    libc: ['musl'],
    main: 'other.node',
    files: [],
    engines: { node: '*' },
    scripts: { install: 'node-gyp rebuild' }
  }
  for (const target of await table()) {
    for (const [key, value] of Object.entries(wrong)) {
      const faults = faultsOf(target, { ...manifestOf(target), [key]: value }, tree)
      t.is(faults.length, 1, `${target.name} ${key}`)
      t.true(faults[0]?.startsWith(`${target.name}: ${key} is ${JSON.stringify(value)}, not `), faults[0])
    }
  }
})

test('users get a root manifest that asks for the binaries at its version, and without what is for the checkout', async (t) => {
  const { publishedRoot } = await manifests()
  const { optionalDependencies, ...rest } = publishedRoot(tree, await table())
  const version = tree['version']
  t.deepEqual(optionalDependencies, {
    'tcpull-linux-x64-gnu': version,
    'tcpull-linux-ia32-gnu': version,
    'tcpull-win32-x64-msvc': version,
    'tcpull-win32-ia32-msvc': version
  })
  const { ava, devDependencies, napi, scripts, ...published } = tree
  t.true([ava, devDependencies, napi, scripts].every(Boolean))
  t.deepEqual(rest, published)
})

test('the repository is named where a workflow knows it, and nowhere else', async (t) => {
  const { repositoryOf } = await manifests()
  t.deepEqual(repositoryOf({}), {})
  t.deepEqual(repositoryOf({ GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'us/it' }), {
    repository: { type: 'git', url: 'git+https://git.example/us/it.git' }
  })
})

function elf(machine: number): Buffer {
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(machine, 18)
  return header
}

function pe(machine: number, at = 128): Buffer {
  const header = Buffer.alloc(at + 24)
  header.write('MZ')
  header.writeUInt32LE(at, 60)
  header.write('PE\0\0', at, 'latin1')
  header.writeUInt16LE(machine, at + 4)
  return header
}

const BINARIES: [machine: string, content: Buffer][] = [
  ['linux-x64', elf(0x3e)],
  ['linux-ia32', elf(3)],
  ['linux-arm64', elf(0xb7)],
  ['linux-unknown', elf(0x1234)],
  ['win32-x64', pe(0x8664)],
  ['win32-ia32', pe(0x14c)],
  ['win32-unknown', pe(0x1234)],
  ['unknown', Buffer.alloc(0)],
  ['unknown', Buffer.from('text')],
  ['unknown', Buffer.alloc(100)],
  ['unknown', pe(0x8664, 64).subarray(0, 66)],
  ['unknown', pe(0x8664).fill(0, 128)]
]

test('a binary is known by its header, and what has none is unknown', async (t) => {
  const { machineOf } = await script<{ machineOf(path: string): string }>('machine.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'tcpull-pack-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'binary')
  for (const [machine, content] of BINARIES) {
    writeFileSync(path, content)
    t.is(machineOf(path), machine)
  }
  t.is(machineOf(process.execPath), `${process.platform}-${process.arch}`)
})
