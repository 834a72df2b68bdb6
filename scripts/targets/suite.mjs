// Runs the compiled tests of a staged project in its target's Node and gives what became of each; prints nothing.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { hostOf, start } from './hosts.mjs'
import { judge, resultsOf } from './results.mjs'
import { skipsOf } from './skips.mjs'

// Seconds; far beyond what any file of tests needs, under Wine too.
const FILE_GUARD = 1500
const SUITE_GUARD = 3600

const IDENTITY = 'programs/identity.js'

/** What the process says of itself: Node's version, platform and arch, the binary that was loaded; or only its `errors`. */
export async function identify(target, folder) {
  const [{ code, output, errors }] = await runEach(target, folder, [IDENTITY])
  return code === 0 ? JSON.parse(output) : { errors: errors || `ended with ${code}` }
}

/** The files of tests that run on every target: not those about the project, its hosts and its installation. */
export function specsOf(folder) {
  const tests = join(folder, 'build', 'test')
  return readdirSync(tests).filter((file) => file.endsWith('.spec.js'))
}

/** Results, each with its `file`, of all tests under ava or the small runner. */
export async function suite(target, folder, runner) {
  const skips = skipsOf(target)
  const whole = skips.filter(({ title }) => title === undefined)
  const files = specsOf(folder).filter((file) => !whole.some((skip) => skip.file === file))
  const left = whole.map(({ file, reason }) => ({ file, title: 'all of it', outcome: 'skipped', reason }))
  const results =
    runner === 'ava' ? await underAva(target, folder, files) : await underRunner(target, folder, files, skips)
  return [...left, ...results]
}

async function underRunner(target, folder, files, skips) {
  writeFileSync(join(folder, 'skips.json'), JSON.stringify(skips.filter(({ title }) => title !== undefined)))
  const { servers } = hostOf(target)
  const runs = await runEach(target, folder, files, servers ? startServers(servers) : '')
  return runs.flatMap(({ file, code, output }) => judge({ code, output }).map((result) => ({ file, ...result })))
}

async function underAva(target, folder, files) {
  const paths = files.map((file) => `build/test/${file}`).join(' ')
  let code
  const command = `timeout --kill-after=5 ${SUITE_GUARD} "$@" node_modules/ava/entrypoints/cli.mjs --tap ${paths} \
    </dev/null >ava.tap 2>ava.errors; echo $?`
  await start(target, folder, command, {
    onLine: (line) => {
      code = Number(line)
    }
  })
  const output = textOf(join(folder, 'ava.tap'))
  const results = resultsOf(output).map((result) => {
    const [file, title] = result.title.split(/ › (.*)/)
    return { ...result, file: `${file}.spec.js`, title }
  })
  const explained = results.some(({ outcome }) => outcome === 'failed')
  if (code !== 0 && !explained) results.push({ file: 'ava', title: `ended with ${code}`, outcome: 'failed' })
  return results
}

/** Runs files of `build/test`, each in a process of its own, as many at once as there are processors. */
async function runEach(target, folder, files, prelude = '') {
  const results = join(folder, 'results')
  for (const file of files) mkdirSync(join(results, file, '..'), { recursive: true })
  const codes = new Map()
  const one = `timeout --kill-after=5 ${FILE_GUARD} "$@" build/test/$0 </dev/null >results/$0.tap 2>results/$0.errors; echo "$? $0"`
  const command = `${prelude}TEST_SKIPS=skips.json xargs -P${cpus().length} -I{} sh -c '${one}' {} "$@"`
  await start(target, folder, command, {
    input: files.map((file) => `${file}\n`).join(''),
    onLine: (line) => {
      const [code, file] = line.split(' ')
      codes.set(file, Number(code))
    }
  })
  return files.map((file) => ({
    file,
    code: codes.get(file),
    output: textOf(join(results, `${file}.tap`)),
    errors: textOf(join(results, `${file}.errors`))
  }))
}

// They end with the machine that was entered.
function startServers(node) {
  return `rm -f servers.json; ${node} build/test/programs/servers.js >servers.json & \
    while kill -0 $! && [ ! -s servers.json ]; do sleep 0.1; done; export TEST_SERVERS="$(cat servers.json)"; `
}

// What could not be started has written nothing.
function textOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
