// The small runner that stands in for ava on other platforms, and the judge of what it prints: no failure gets past them.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { root } from '../helpers/project'

interface Run {
  code: number | null
  output: string
}
interface Result {
  title: string
  outcome: 'passed' | 'failed' | 'skipped'
  reason?: string
  said?: string
}

// TypeScript would make a `require` of an `import()` of these.
const script = (name: string) => pathToFileURL(join(root, 'scripts', 'targets', name)).href
const judging = import(script('results.mjs')) as Promise<{
  judge: (run: Run) => Result[]
  resultsOf: (output: string) => Result[]
}>
const staging = import(script('stage.mjs')) as Promise<{ standIn: (folder: string) => void }>

const folder = join(root, 'build', 'runner')
const compiled = join('build', 'test', 'runner')

test.before(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(join(root, compiled), join(folder, compiled), { recursive: true })
  ;(await staging).standIn(folder)
})

/** Runs a sample and gives what became of its tests, by title. */
async function outcomes(sample: string, skips?: string): Promise<Record<string, string>> {
  return Object.fromEntries((await results(sample, skips)).map(({ title, outcome }) => [title, outcome]))
}

async function results(sample: string, skips?: string): Promise<Result[]> {
  const run = await play(sample, skips)
  return (await judging).judge(run)
}

async function play(sample: string, skips?: string): Promise<Run> {
  const env = { ...process.env, ...(skips ? { TEST_SKIPS: skips } : {}) }
  const path = join(compiled, 'samples', `${sample}.js`)
  const child = spawn(process.execPath, [path], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    // As whoever guards against hanging does, only sooner.
    if (sample === 'hanging' && output.includes('ok 1')) child.kill('SIGKILL')
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

test('tests that pass are told, and those that are skipped', async (t) => {
  t.deepEqual(await outcomes('passing'), {
    'a serial one goes first': 'passed',
    'one of several at once': 'passed',
    another: 'passed',
    'every assertion holds': 'passed',
    'not run': 'skipped',
    'not run either': 'skipped'
  })
})

test('a wrong assertion, a swallowed one, an error, a rejection, no assertion and a bad teardown are failures', async (t) => {
  const all = await results('failing')
  t.true(all.length >= 8)
  t.deepEqual(
    all.filter(({ outcome }) => outcome !== 'failed').map(({ title }) => title),
    []
  )
})

test('every kind of assertion can fail', async (t) => {
  const { output } = await play('failing')
  t.notRegex(output, /# held/)
})

for (const [sample, lost] of [
  ['hanging', 'it hangs: did not end'],
  ['waiting', 'it waits for nothing: did not end'],
  ['exiting', 'it exits: did not end'],
  ['crashing', 'it crashes: did not end']
] as const) {
  test(`${sample}: what did not end is a failure beside what passed`, async (t) => {
    const found = await outcomes(sample)
    t.is(found['it ends'], 'passed')
    t.is(found[lost], 'failed')
  })
}

test('tests that come after an exit are failures too', async (t) => {
  t.is((await outcomes('exiting'))['it comes after: did not end'], 'failed')
})

test('a rejection that nobody handles is a failure, one that is handled later is none', async (t) => {
  t.deepEqual(await outcomes('unhandled'), {
    'it leaves a rejection': 'passed',
    'it handles later': 'passed',
    'unhandled rejection': 'failed'
  })
})

test('an exception from nowhere is a failure', async (t) => {
  t.deepEqual(await outcomes('throwing'), { 'it passes': 'passed', 'uncaught exception': 'failed' })
})

test('a file that declares no test is a failure', async (t) => {
  for (const sample of ['empty', 'broken']) t.true(Object.values(await outcomes(sample)).includes('failed'), sample)
})

test('a test on the list of skips is not run and tells its reason', async (t) => {
  const skips = join(folder, 'skips.json')
  writeFileSync(skips, JSON.stringify([{ file: 'failing.js', title: 'a thrown error', reason: 'for the test' }]))
  const found = (await results('failing', skips)).find(({ title }) => title === 'a thrown error')
  t.like(found, { outcome: 'skipped', reason: 'for the test' })
})

test('a process that ends badly although its tests ended well is a failure', async (t) => {
  const output = '1..1\n# declares one\nok 1 - one\n'
  const { judge } = await judging
  t.deepEqual(
    judge({ code: 0, output }).map(({ outcome }) => outcome),
    ['passed']
  )
  for (const code of [1, 124, null]) t.true(judge({ code, output }).some(({ outcome }) => outcome === 'failed'))
})

test('lines end as Windows ends them or as Linux does', async (t) => {
  const { resultsOf } = await judging
  const output = 'ok 1 - one\nnot ok 2 - two\n# why\nok 3 - three # SKIP reason\n'
  const read = (text: string) => resultsOf(text).map(({ title, outcome, reason }) => [title, outcome, reason])
  t.deepEqual(read(output), [
    ['one', 'passed', undefined],
    ['two', 'failed', undefined],
    ['three', 'skipped', 'reason']
  ])
  t.deepEqual(read(output.replaceAll('\n', '\r\n')), read(output))
})
