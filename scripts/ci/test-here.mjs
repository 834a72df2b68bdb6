// Tests the packed package of one target on a machine of its own, with ava under the Node that runs this. Needs the target's
// binary in `npm/`. Ends with `N passed, N failed`.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { countTap } from '../counts.mjs'
import { record, run } from '../run.mjs'
import { stage } from '../targets/stage.mjs'
import { chosen } from '../targets/targets.mjs'

if (process.argv.length !== 3) {
  console.error('use: node scripts/ci/test-here.mjs <target>')
  process.exit(1)
}
const [target] = chosen(process.argv.slice(2))
if (target.platform !== process.platform || target.arch !== process.arch) {
  console.error(`This Node is for ${process.platform}-${process.arch}: it cannot load the binary of ${target.name}.`)
  process.exit(1)
}

run('node scripts/compile.mjs')
run(`node scripts/pack.mjs --only ${target.name}`)
rmSync('build/test', { recursive: true, force: true })
run('tsc -p tsconfig.test.json')
const folder = join('build', 'targets', target.name, 'here')
stage(target, folder, 'ava')

// What is loaded has to be the package's binary, whatever else lies about on this machine.
process.chdir(folder)
delete process.env.TCPULL_BINARY
const { output } = await record('node build/test/programs/identity.js')
const loaded = JSON.parse(output).binary ?? 'none'
const own = join('node_modules', `tcpull-${target.name}`, `tcpull.${target.name}.node`)
if (!loaded.endsWith(own)) console.log(`FAILED: ${loaded} was loaded, not ${own}`)

// Redis and its like, which CI demands elsewhere, are not made for Windows.
const environment = process.platform === 'win32' ? { CI: '' } : {}
const suite = 'node node_modules/ava/entrypoints/cli.mjs --tap build/test/*.spec.js'
const { passed, failed } = countTap(await record(suite, environment))
console.log(`${passed} passed, ${failed + (loaded.endsWith(own) ? 0 : 1)} failed`)
process.exitCode = failed === 0 && loaded.endsWith(own) ? 0 : 1
