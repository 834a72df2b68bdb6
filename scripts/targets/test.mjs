// Tests the packed packages of the four targets, or of those named, each in a Node of its own platform: builds, packs, makes
// what they run in, runs. Ends with `N passed, N failed`. With `--packed` the packages are tested that are packed already.

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../run.mjs'
import { hostOf } from './hosts.mjs'
import { count } from './results.mjs'
import { MOST, skips, skipsOf } from './skips.mjs'
import { stage } from './stage.mjs'
import { identify, suite } from './suite.mjs'
import { chosen } from './targets.mjs'

const named = process.argv.slice(2)
const packed = named[0] === '--packed'
const wanted = chosen(packed ? named.slice(1) : named)
const names = wanted.map(({ name }) => name).join(' ')

if (wanted.some((target) => hostOf(target).entered)) run('scripts/targets/setup-hosts.sh')
if (!packed) {
  run(`node scripts/targets/build.mjs ${names}`)
  run('node scripts/compile.mjs')
  run(`node scripts/pack.mjs --only ${names}`)
}
rmSync('build/test', { recursive: true, force: true })
run('tsc -p tsconfig.test.json')

const rows = []
for (const target of wanted) await test(target)
const declared = skips.flatMap(({ targets }) => targets).length
if (declared > MOST) fault(`${declared} skips are declared, ${MOST} are the most`)

console.log()
console.table(rows.map(({ results, ...row }) => ({ ...row, ...count(results) })))
const { passed, failed } = count(rows.flatMap(({ results }) => results))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function test(target) {
  const seen = {}
  for (const runner of hostOf(target).runners) {
    const folder = join('build', 'targets', target.name, runner)
    stage(target, folder, runner)
    const node = await identify(target, folder)
    console.log(`\n== ${target.name} in Node ${node.version} ${node.platform} ${node.arch}, under ${runner}`)
    console.log(`loaded: ${node.binary}`)
    const results = [itself(target, node)]
    if (node.errors === undefined) results.push(...(await suite(target, folder, runner)))
    results.push(...unused(target, results, folder, runner), ...undeclared(target, results))
    for (const result of results) tell(result)
    const { passed, failed, skipped } = count(results)
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
    rows.push({ target: target.name, node: node.version, platform: node.platform, arch: node.arch, runner, results })
    seen[runner] = results
  }
  if (seen.ava && seen.runner) agree(target, seen)
}

/** A result that says whether it is the target's package, in the target's Node, that is being tested. */
function itself(target, { platform, arch, binary = '', errors }) {
  const path = `/node_modules/tcpull-${target.name}/tcpull.${target.name}.node`
  const right = platform === target.platform && arch === target.arch && binary.replaceAll('\\', '/').endsWith(path)
  return {
    file: 'identity',
    title: `the package's binary is loaded on ${target.name}`,
    outcome: right ? 'passed' : 'failed',
    said: errors
  }
}

/** A failure for each declared skip that skips nothing. */
function unused(target, results, folder, runner) {
  const skipped = (skip) =>
    skip.title === undefined
      ? existsSync(join(folder, 'build', 'test', skip.file))
      : results.some(({ file, title, outcome }) => file === skip.file && title === skip.title && outcome === 'skipped')
  return skipsOf(target)
    .filter((skip) => !skipped(skip))
    .map(({ file, title = 'all of it' }) => ({ file, title, outcome: 'failed', said: `skips no test under ${runner}` }))
}

/** A failure for each test that skips itself in CI, where all that it could want has to be there. */
function undeclared(target, results) {
  if (process.env.CI !== 'true') return []
  const isDeclared = (result) =>
    skipsOf(target).some(({ file, title = 'all of it' }) => file === result.file && title === result.title)
  return results
    .filter((result) => result.outcome === 'skipped' && !isDeclared(result))
    .map(({ file, title }) => ({ file, title, outcome: 'failed', said: 'skips itself in CI' }))
}

function agree(target, { ava, runner }) {
  const list = (results) =>
    results
      .map(({ file, title, outcome }) => `${outcome} ${file}: ${title}`)
      .sort()
      .join('\n')
  const title = `ava and the small runner agree on ${target.name}`
  const result = { file: 'runners', title, outcome: list(ava) === list(runner) ? 'passed' : 'failed' }
  tell(result)
  rows.at(-1).results.push(result)
}

function tell({ file, title, outcome, reason, said }) {
  if (outcome === 'skipped') console.log(`skipped: ${file}: ${title} (${reason ?? 'the test skips itself'})`)
  if (outcome === 'failed') console.log(`FAILED: ${file}: ${title}\n${said ?? ''}`)
}

function fault(title) {
  const result = { file: 'skips', title, outcome: 'failed' }
  tell(result)
  rows.at(-1).results.push(result)
}
