// Stands in for ava where ava does not start: runs the tests of one file in one process, serial ones first and the others
// at once, and prints TAP. Knows only what the tests use of ava, and no files.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { AssertionError, Assertions } from './assertions'

type Body = (t: Execution) => unknown
type Declare = (title: string, body: Body) => void

interface Test {
  title: string
  body: Body
  serial: boolean
  /** Why it is not run */
  skip?: string
}

/** What a test is given. */
class Execution extends Assertions {
  readonly #teardowns: (() => unknown)[] = []

  teardown(call: () => unknown): void {
    this.#teardowns.push(call)
  }

  log(...values: unknown[]): void {
    comment(values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '))
  }

  /** Runs the teardowns, the last one first; what they throw fails the test. */
  async finish(): Promise<void> {
    for (const teardown of this.#teardowns.reverse()) await teardown()
  }
}

const tests: Test[] = []
const lasts: { title: string; body: Body }[] = []
const unhandled = new Map<Promise<unknown>, unknown>()
let number = 0

/** Tests that the platform cannot run, each with its reason, from the file that `TEST_SKIPS` names. */
const skips: { file: string; title: string; reason: string }[] = process.env['TEST_SKIPS']
  ? JSON.parse(readFileSync(process.env['TEST_SKIPS'], 'utf8'))
  : []
const file = basename(process.argv[1] ?? '')

function declare(serial: boolean, skip?: string): Declare {
  return (title, body) => {
    const named = skips.find((entry) => entry.file === file && entry.title === title)?.reason
    const reason = skip ?? named
    tests.push({ title, body, serial, ...(reason === undefined ? {} : { skip: reason }) })
  }
}

const SKIPPED_BY_TEST = 'the test skips itself'

const test = Object.assign(declare(false), {
  skip: declare(false, SKIPPED_BY_TEST),
  serial: Object.assign(declare(true), { skip: declare(true, SKIPPED_BY_TEST) }),
  after: { always: (title: string, body: Body) => void lasts.push({ title, body }) }
})

async function run(): Promise<void> {
  // The plan comes first: whoever reads it knows which tests a crash or a hang has swallowed.
  print(`1..${tests.length}`)
  for (const { title } of tests) comment(`declares ${title}`)
  for (const test of tests) if (test.serial) await runOne(test)
  await Promise.all(tests.filter(({ serial }) => !serial).map(runOne))
  for (const { title, body } of lasts) await runLast(title, body)
}

async function runOne({ title, body, skip }: Test): Promise<void> {
  if (skip !== undefined) return print(`ok ${++number} - ${title} # SKIP ${skip}`)
  const t = new Execution()
  const errors: unknown[] = []
  for (const part of [() => body(t), () => t.finish()]) {
    try {
      await part()
    } catch (error) {
      if (!t.failures.includes(error as Error)) errors.push(error)
    }
  }
  errors.push(...t.failures)
  if (t.asserted === 0 && errors.length === 0) errors.push(new AssertionError('the test asserts nothing'))
  if (errors.length === 0) print(`ok ${++number} - ${title}`)
  else fail(title, errors)
}

async function runLast(title: string, body: Body): Promise<void> {
  try {
    await body(new Execution())
  } catch (error) {
    fail(title, [error])
  }
}

function fail(title: string, errors: unknown[]): void {
  process.exitCode = 1
  print(`not ok ${++number} - ${title}`)
  for (const error of errors) comment(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

function comment(text: string): void {
  for (const line of text.split('\n')) print(`# ${line}`)
}

// One write for each line, at once, so that a crash loses none.
function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.on('uncaughtException', (error) => fail('uncaught exception', [error]))
// What a test handles later than its turn is handled: only what is left at the end counts.
process.on('unhandledRejection', (error, promise) => unhandled.set(promise, error))
process.on('rejectionHandled', (promise) => unhandled.delete(promise))
process.on('exit', () => {
  for (const error of unhandled.values()) fail('unhandled rejection', [error])
})

// When the file that is loading now has declared its tests.
setImmediate(run)

export default test
