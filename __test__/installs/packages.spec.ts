// The five tarballs as npm would get them: checked by publint and attw, and nothing in them that could run or is missing.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { root } from '../helpers/project'
import { node, tarball, tool, version } from './setting'
import { succeeded } from './workshop'

const PLATFORMS = readdirSync(join(root, 'npm')).map((name) => `tcpull-${name}`)
const ENV = { PATH: process.env['PATH'] ?? '', HOME: root }

for (const name of ['tcpull', ...PLATFORMS]) {
  const paths = () =>
    execFileSync('tar', ['-tzf', tarball(name)], { encoding: 'utf8' })
      .trim()
      .split('\n')
  const read = (path: string) => execFileSync('tar', ['-xzOf', tarball(name), `package/${path}`], { encoding: 'utf8' })

  test(`${name} has a manifest of this version, without scripts, a readme and the licence`, (t) => {
    const manifest = JSON.parse(read('package.json')) as Record<string, unknown>
    t.is(manifest['name'], name)
    t.is(manifest['version'], version)
    for (const key of ['scripts', 'gypfile', 'dependencies', 'devDependencies']) t.false(key in manifest, key)
    t.true(read('README.md').startsWith(`# ${name}\n`))
    t.regex(read('LICENSE'), /MIT License/)
    // npm builds what has this file, even without a script.
    t.false(paths().includes('package/binding.gyp'))
  })

  test(`${name} is without findings by publint`, async (t) => {
    succeeded(t, await node([tool('publint', 'src', 'cli.js'), 'run', '--strict', tarball(name)], root, ENV))
  })
}

test('the root package asks for the four platform packages at exactly its version, and for nothing else', (t) => {
  const manifest = JSON.parse(
    execFileSync('tar', ['-xzOf', tarball('tcpull'), 'package/package.json'], { encoding: 'utf8' })
  )
  t.deepEqual(manifest.optionalDependencies, Object.fromEntries(PLATFORMS.sort().map((name) => [name, version])))
})

test('types and doors of the root package are without findings by attw', async (t) => {
  const attw = tool('@arethetypeswrong', 'cli', 'dist', 'index.js')
  const ended = await node([attw, '--no-emoji', '--format', 'ascii', tarball('tcpull')], root, ENV)
  succeeded(t, ended)
  t.regex(ended.output, /No problems found/)
})
