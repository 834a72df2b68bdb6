// The totals that end a test run: honest about crashes and missing summaries.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { root } from '../helpers/project'

interface Run {
  code: number | null
  output: string
}
type Count = (run: Run) => { passed: number; failed: number; skipped: number }

const scripts = pathToFileURL(join(root, 'scripts', 'counts.mjs')).href
const load = async () => (await import(scripts)) as { countCargo: Count; countTap: Count; countTotal: Count }

const cargo = (passed: number, failed: number, ignored = 0) =>
  `test result: ${failed ? 'FAILED' : 'ok'}. ${passed} passed; ${failed} failed; ${ignored} ignored; 0 measured\n`

test('cargo: the figures of all test programs are added up', async (t) => {
  const { countCargo } = await load()
  const output = `${cargo(3, 0, 1)}noise\n${cargo(4, 2)}`
  t.deepEqual(countCargo({ code: 101, output }), { passed: 7, failed: 2, skipped: 1 })
})

test('cargo: a crash after good figures is a failure', async (t) => {
  const { countCargo } = await load()
  t.deepEqual(countCargo({ code: 101, output: cargo(3, 0) }), { passed: 3, failed: 1, skipped: 0 })
})

test('cargo: no figures at all are a failure', async (t) => {
  const { countCargo } = await load()
  t.deepEqual(countCargo({ code: 0, output: 'nothing' }), { passed: 0, failed: 1, skipped: 0 })
})

test('ava: the figures are read with and without skipped tests', async (t) => {
  const { countTap } = await load()
  t.deepEqual(countTap({ code: 0, output: '1..2\n# tests 2\n# pass 2\n# fail 0\n' }), {
    passed: 2,
    failed: 0,
    skipped: 0
  })
  const output = '1..4\n# tests 4\n# pass 1\n# skip 2\n# fail 1\n'
  t.deepEqual(countTap({ code: 1, output }), { passed: 1, failed: 1, skipped: 2 })
})

test('ava: a run that was killed before its summary is a failure', async (t) => {
  const { countTap } = await load()
  t.deepEqual(countTap({ code: null, output: 'ok 1 - something\n' }), { passed: 0, failed: 1, skipped: 0 })
})

test('our own scripts: the last total counts, and one that does not end well is a failure', async (t) => {
  const { countTotal } = await load()
  const output = 'part: 9 passed, 9 failed\n1 passed, 1 failed\n3 passed, 0 failed\nbye\n'
  t.deepEqual(countTotal({ code: 0, output }), { passed: 3, failed: 0, skipped: 0 })
  t.deepEqual(countTotal({ code: 1, output }), { passed: 3, failed: 1, skipped: 0 })
  t.deepEqual(countTotal({ code: 0, output: 'nothing' }), { passed: 0, failed: 1, skipped: 0 })
})
