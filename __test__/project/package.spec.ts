// What npm gets: manifests that agree with each other, one copy behind both doors, and nothing that does not belong.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { native } from '#src/native'
import { files, json, root, text } from '../helpers/project'

const manifest = json('package.json')
const { targets: triples } = manifest['napi'] as { targets: string[] }

const CPUS: Record<string, string> = { x86_64: 'x64', i686: 'ia32' }

test('each target of a release has its platform package, and there is no other', async (t) => {
  const expected = triples.map((triple) => {
    const [cpu = '', , system, abi] = triple.split('-')
    return `${system === 'windows' ? 'win32' : system}-${CPUS[cpu]}-${abi}`
  })
  t.deepEqual(readdirSync(join(root, 'npm')).sort(), expected.sort())
  const table = pathToFileURL(join(root, 'scripts', 'targets', 'targets.mjs')).href
  const { targets } = (await import(table)) as { targets: { name: string }[] }
  t.deepEqual(targets.map(({ name }) => name).sort(), expected)
})

test('all parts have one version', (t) => {
  const version = String(manifest['version'])
  t.is(text('Cargo.toml').match(/^version = "(.*)"$/m)?.[1], version)
  t.is(json('package-lock.json')['version'], version)
  t.is(native.version(), version)
  t.true(text('CHANGELOG.md').includes(`## [${version}]`))
})

const LOCKS = ['package-lock.json', ...files('__test__', 'package-lock.json'), ...files('scripts', 'package-lock.json')]

for (const lock of LOCKS) {
  test(`${lock} names no registry`, (t) => {
    t.notRegex(text(lock), /"resolved"/)
  })

  test(`${lock} holds every platform package of its tools, or npm ci would refuse it`, (t) => {
    type Locked = { optionalDependencies?: object; inBundle?: boolean }
    const locked = json(lock)['packages'] as Record<string, Locked>
    const absent = Object.entries(locked).flatMap(([path, { optionalDependencies = {}, inBundle }]) =>
      Object.keys(inBundle ? {} : optionalDependencies).filter((name) => {
        const folders = path
          .split('/node_modules/')
          .map((_, index, parts) => parts.slice(0, index + 1).join('/node_modules/'))
        return !['', ...folders.map((folder) => `${folder}/`)].some(
          (folder) => `${folder}node_modules/${name}` in locked
        )
      })
    )
    t.deepEqual(absent, [])
  })
}

test('require and import give the same objects under the same names', async (t) => {
  const required = require('tcpull') as Record<string, unknown>
  const imported = (await import(
    pathToFileURL(require.resolve('tcpull/package.json')).href.replace(/package\.json$/, 'index.mjs')
  )) as Record<string, unknown>
  t.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort())
  for (const name of Object.keys(required)) t.is(imported[name], required[name], name)
})

test('the package holds its doors, its code and its papers, and no binary, test or source', (t) => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const output = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32'
  })
  const paths = (JSON.parse(output)[0].files as { path: string }[]).map(({ path }) => path)
  for (const path of [
    'index.mjs',
    'index.d.mts',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/src-ts/binding.d.ts',
    'LICENSE',
    'README.md',
    'CHANGELOG.md'
  ]) {
    t.true(paths.includes(path), path)
  }
  const strange = paths.filter(
    (path) => !/^(dist\/.*\.(js|d\.ts)|index\.mjs|index\.d\.mts|package\.json|[A-Z]+(\.md)?)$/.test(path)
  )
  t.deepEqual(strange, [])
})
