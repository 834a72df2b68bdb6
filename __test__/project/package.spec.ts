// What npm gets: manifests that agree with each other, one copy behind both doors, and nothing that does not belong.

import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { native } from '#src/native'
import { files, json, root, text } from '../helpers/project'

const manifest = json('package.json')
const { targets, binaryName } = manifest['napi'] as { targets: string[]; binaryName: string }

const CPUS: Record<string, string> = { x86_64: 'x64', i686: 'ia32' }

test('each target has its platform package, and there is no other', (t) => {
  const expected = targets.map((target) => {
    const [cpu = '', , system, abi] = target.split('-')
    const os = system === 'windows' ? 'win32' : system
    const name = `${os}-${CPUS[cpu]}-${abi}`
    const file = `${binaryName}.${name}.node`
    return {
      name: `tcpull-${name}`,
      version: manifest['version'],
      license: manifest['license'],
      os: [os],
      cpu: [CPUS[cpu]],
      // npm refuses a package with `libc` wherever it cannot tell the C library, which is everywhere but on Linux.
      libc: os === 'linux' ? ['glibc'] : undefined,
      main: file,
      files: [file],
      engines: manifest['engines']
    }
  })
  const actual = files('npm', 'package.json').map((path) => {
    const { name, version, license, os, cpu, libc, main, files, engines } = json(path)
    return { name, version, license, os, cpu, libc, main, files, engines }
  })
  const byName = (a: { name: unknown }, b: { name: unknown }) => String(a.name).localeCompare(String(b.name))
  t.deepEqual(actual.sort(byName), expected.sort(byName))
})

test('all parts have one version', (t) => {
  const version = String(manifest['version'])
  t.is(text('Cargo.toml').match(/^version = "(.*)"$/m)?.[1], version)
  t.is(json('package-lock.json')['version'], version)
  t.is(native.version(), version)
  t.true(text('CHANGELOG.md').includes(`## [${version}]`))
})

test('the lock file names no registry', (t) => {
  t.notRegex(text('package-lock.json'), /"resolved"/)
})

test('the lock file holds every platform package of its tools, or npm ci would refuse it', (t) => {
  const locked = json('package-lock.json')['packages'] as Record<string, { optionalDependencies?: object }>
  const absent = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => {
      const folders = path
        .split('/node_modules/')
        .map((_, index, parts) => parts.slice(0, index + 1).join('/node_modules/'))
      return !['', ...folders.map((folder) => `${folder}/`)].some((folder) => `${folder}node_modules/${name}` in locked)
    })
  )
  t.deepEqual(absent, [])
})

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
