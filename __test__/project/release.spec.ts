// The scripts of a release, with programs that stand in for npm and gh: what they are called with, and what is refused.

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { files, json, root } from '../helpers/project'

const version = String(json('package.json')['version'])
const platforms = files('npm', 'package.json').map((path) => String(json(path)['name']))
const published = [...platforms, 'tcpull'].map((name) => `${name}-${version}.tgz`)

// Notes its arguments and input; knows the versions of the packages in PUBLISHED, and of no other.
const STAND_IN = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require('node:fs')
const [program, ...given] = [require('node:path').basename(process.argv[1]), ...process.argv.slice(2)]
if (given[0] === 'view') {
  const [name, version] = given[1].split('@')
  if (process.env.PUBLISHED.split(' ').includes(name)) console.log(version)
  else console.error('npm error code ' + (process.env.TROUBLE ?? 'E404')), process.exitCode = 1
} else {
  const input = program === 'gh' ? [readFileSync(0, 'utf8')] : []
  appendFileSync('calls', JSON.stringify([program, ...given, ...input]) + '\\n')
}`

/** A copy of what a release's scripts look at, in a folder of its own. */
function checkout(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tcpull-release-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const path of ['package.json', 'Cargo.toml', 'npm', 'scripts']) {
    cpSync(join(root, path), join(folder, path), { recursive: true, filter: (from) => !from.endsWith('.node') })
  }
  mkdirSync(join(folder, 'bin'))
  for (const name of ['npm', 'gh']) {
    writeFileSync(join(folder, 'bin', name), STAND_IN)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  mkdirSync(join(folder, 'build', 'packages'), { recursive: true })
  writeFileSync(
    join(folder, 'CHANGELOG.md'),
    `# C\n\n## [${version}] - 2026-01-02\n\n- new\n\n## [0.0.1] - 2025-01-01\n\n- old\n`
  )
  return {
    folder,
    pack: (names: string[]) => {
      for (const name of names) writeFileSync(join(folder, 'build', 'packages', name), '')
    },
    run(script: string, env: Record<string, string> = {}, ...given: string[]) {
      const path = join(folder, 'bin') + delimiter + process.env['PATH']
      const { GITHUB_ACTIONS, GITHUB_REF_NAME, ...own } = process.env
      const { status, stdout, stderr } = spawnSync(process.execPath, [join('scripts', 'ci', script), ...given], {
        cwd: folder,
        env: { ...own, PATH: path, PUBLISHED: '', ...env },
        encoding: 'utf8'
      })
      return { status, printed: stdout + stderr }
    },
    calls: (): string[][] =>
      readFileSync(join(folder, 'calls'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
  }
}

test('the platform packages are published first, the root package last', (t) => {
  const { pack, run, calls } = checkout(t)
  pack(published)
  t.is(run('publish.mjs').status, 0)
  const expected = published.map((file) => ['npm', 'publish', `./build/packages/${file}`, '--access', 'public'])
  t.deepEqual(calls().slice(0, -1).sort(), expected.slice(0, -1).sort())
  t.deepEqual(calls().at(-1), expected.at(-1))
})

test('in a workflow provenance is stated', (t) => {
  const { pack, run, calls } = checkout(t)
  pack(published)
  t.is(run('publish.mjs', { GITHUB_ACTIONS: 'true' }).status, 0)
  for (const call of calls()) t.true(call.includes('--provenance'))
})

test('what is published already is passed over, so that a release can be taken up again', (t) => {
  const { pack, run, calls } = checkout(t)
  pack(published)
  t.is(run('publish.mjs', { PUBLISHED: platforms.join(' ') }).status, 0)
  t.is(calls().length, 1)
  t.true(calls()[0]?.includes(`./build/packages/tcpull-${version}.tgz`))
})

test('nothing is published when a package is missing, of another release, or when the registry is in trouble', (t) => {
  const { pack, run, calls, folder } = checkout(t)
  pack(published.slice(1))
  t.regex(run('publish.mjs').printed, new RegExp(`${published[0]} is not in`))
  pack([...published, 'tcpull-9.9.9.tgz'])
  t.regex(run('publish.mjs').printed, /tcpull-9\.9\.9\.tgz is not of this release/)
  rmSync(join(folder, 'build', 'packages', 'tcpull-9.9.9.tgz'))
  t.not(run('publish.mjs', { TROUBLE: 'E503' }).status, 0)
  t.throws(calls, { code: 'ENOENT' })
})

test('a tag is released that names the version of every manifest and a dated section of the changelog', (t) => {
  const { run, folder } = checkout(t)
  t.deepEqual(run('check-release.mjs', { GITHUB_REF_NAME: `v${version}` }), {
    status: 0,
    printed: `v${version} may be released\n`
  })
  t.regex(run('check-release.mjs', {}, 'v9.9.9').printed, /the tag is v9\.9\.9/)
  writeFileSync(join(folder, 'CHANGELOG.md'), `## [${version}] - unreleased\n`)
  t.regex(run('check-release.mjs', {}, `v${version}`).printed, /unreleased/)
  writeFileSync(join(folder, 'CHANGELOG.md'), '')
  t.regex(run('check-release.mjs', {}, `v${version}`).printed, /no section/)
  writeFileSync(join(folder, 'Cargo.toml'), 'version = "9.9.9"\n')
  const { status, printed } = run('check-release.mjs', {}, `v${version}`)
  t.is(status, 1)
  t.regex(printed, /Cargo\.toml is version 9\.9\.9/)
})

test("a release's page has the changelog's section and the tarballs", (t) => {
  const { pack, run, calls } = checkout(t)
  pack(published)
  t.is(run('github-release.mjs').status, 0)
  const [[program, ...given] = []] = calls()
  t.is(program, 'gh')
  t.deepEqual(given.slice(0, 3), ['release', 'create', `v${version}`])
  t.is(given.at(-1), '- new')
  t.is(given.filter((word) => word.endsWith('.tgz')).length, published.length)
})

test('all is green only when every job has succeeded', (t) => {
  const { run } = checkout(t)
  const green = (...results: string[]) => {
    const needs = Object.fromEntries(results.map((result, index) => [`job-${index}`, { result }]))
    return run('all-green.mjs', { NEEDS: JSON.stringify(needs) }).status
  }
  t.is(green('success', 'success'), 0)
  for (const other of ['failure', 'cancelled', 'skipped']) t.is(green('success', other), 1)
  t.is(green(), 1)
  t.is(run('all-green.mjs').status, 1)
})
