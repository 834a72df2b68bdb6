// Installs the packed packages from a local registry in every way a user would, and tests them. Ends with
// `N passed, N failed`. The binaries are those under `npm/`, what is not there is built; with `--packed` the packages are
// those that lie in `build/packages`.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countTap } from './counts.mjs'
import { startRegistry } from './installs/registry.mjs'
import { locked } from './locked.mjs'
import { record, run } from './run.mjs'
import { binaryOf, targets } from './targets/targets.mjs'

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('The installs are tested on linux-x64 only: elsewhere the package managers would bring another binary.')
  process.exit(1)
}

run('node scripts/compile.mjs')
if (!process.argv.includes('--packed')) {
  const missing = targets.filter((target) => !existsSync(binaryOf(target)))
  if (missing.length > 0) run(`node scripts/targets/build.mjs ${missing.map(({ name }) => name).join(' ')}`)
  run('node scripts/pack.mjs')
}
rmSync('build/test', { recursive: true, force: true })
run('tsc -p tsconfig.test.json')

// Package managers, compilers and test runners.
const tools = locked(join('__test__', 'installs', 'tools'), 'installs')
const registry = await startRegistry(tools)
let counts
try {
  publishScripted(registry)
  // The order of a release: nobody can get a root package whose binaries are not there yet.
  const isRoot = (tarball) => /^tcpull-\d/.test(tarball)
  const tarballs = readdirSync('build/packages').sort((a, b) => isRoot(a) - isRoot(b))
  for (const tarball of tarballs) registry.publish(`./build/packages/${tarball}`)
  const setting = { TCPULL_TEST_REGISTRY: registry.url, TCPULL_TEST_TOOLS: tools }
  counts = countTap(await record('ava --tap --config __test__/installs/ava.config.mjs', setting))
} finally {
  await registry.stop()
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1

/** A package that has a script, by which the tests show that they would notice one. */
function publishScripted(registry) {
  const folder = mkdtempSync(join(tmpdir(), 'tcpull-scripted-'))
  const manifest = { name: 'tcpull-test-scripted', version: '1.0.0', scripts: { install: 'cc --version' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  registry.publish(folder)
  rmSync(folder, { recursive: true })
}
