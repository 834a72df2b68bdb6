// The assertions of ava that the tests use, with ava's names and meaning; knows no tests and prints nothing.

import { inspect, isDeepStrictEqual } from 'node:util'

/** What a thrown error has to be; `any` lets values through that are not errors. */
export interface Expectations {
  any?: boolean
  instanceOf?: new (...given: never[]) => unknown
  is?: unknown
  name?: string
  code?: string | number
  message?: string | RegExp | ((message: string) => boolean)
}

export class AssertionError extends Error {
  override name = 'AssertionError'
}

/** The assertions of one test. A failure is thrown, as ava does, and told to `fail` first: a test may not swallow it. */
export class Assertions {
  asserted = 0
  readonly failures: Error[] = []

  is(actual: unknown, expected: unknown, message?: string): true {
    return this.#check(Object.is(actual, expected), message, { actual, expected })
  }

  not(actual: unknown, expected: unknown, message?: string): true {
    return this.#check(!Object.is(actual, expected), message, { actual })
  }

  deepEqual(actual: unknown, expected: unknown, message?: string): true {
    return this.#check(isDeepStrictEqual(actual, expected), message, { actual, expected })
  }

  /** Every field that `selector` names is deeply equal in `actual`, which may have others. */
  like(actual: unknown, selector: object, message?: string): true {
    return this.#check(selects(selector, actual), message, { actual, selector })
  }

  true(actual: unknown, message?: string): true {
    return this.#check(actual === true, message, { actual, expected: true })
  }

  false(actual: unknown, message?: string): true {
    return this.#check(actual === false, message, { actual, expected: false })
  }

  regex(actual: string, pattern: RegExp, message?: string): true {
    return this.#check(pattern.test(actual), message, { actual, pattern })
  }

  notRegex(actual: string, pattern: RegExp, message?: string): true {
    return this.#check(!pattern.test(actual), message, { actual, pattern })
  }

  pass(): true {
    return this.#check(true, undefined, {})
  }

  fail(message = 'the test says so'): never {
    return this.#check(false, message, {}) as never
  }

  throws(call: () => unknown, expectations: Expectations = {}, message?: string): unknown {
    return this.#thrown(outcomeOf(call), expectations, message)
  }

  async throwsAsync(
    call: PromiseLike<unknown> | (() => PromiseLike<unknown>),
    expectations: Expectations = {},
    message?: string
  ): Promise<unknown> {
    const outcome = await Promise.resolve(typeof call === 'function' ? call() : call).then(returned, threw)
    return this.#thrown(outcome, expectations, message)
  }

  notThrows(call: () => unknown, message?: string): true {
    const outcome = outcomeOf(call)
    return this.#check(!outcome.threw, message, { outcome })
  }

  #thrown(outcome: Outcome, expectations: Expectations, message?: string): unknown {
    this.#check(outcome.threw && isExpected(outcome.value, expectations), message, { outcome, expectations })
    return outcome.value
  }

  #check(holds: boolean, message: string | undefined, seen: object): true {
    this.asserted++
    if (holds) return true
    const error = new AssertionError(`${message ? `${message}: ` : ''}${inspect(seen, { depth: 6 })}`)
    this.failures.push(error)
    throw error
  }
}

interface Outcome {
  threw: boolean
  value: unknown
}

const returned = (value: unknown): Outcome => ({ threw: false, value })
const threw = (value: unknown): Outcome => ({ threw: true, value })

function outcomeOf(call: () => unknown): Outcome {
  try {
    return returned(call())
  } catch (error) {
    return threw(error)
  }
}

function isExpected(error: unknown, { any, instanceOf, message, ...rest }: Expectations): boolean {
  if (!any && !(error instanceof Error)) return false
  if (instanceOf && !(error instanceof instanceOf)) return false
  if ('is' in rest && !Object.is(error, rest.is)) return false
  const { name, code, message: said = '' } = error as { name?: string; code?: string | number; message?: string }
  if ('name' in rest && name !== rest.name) return false
  if ('code' in rest && code !== rest.code) return false
  if (message === undefined) return true
  if (typeof message === 'string') return said === message
  return typeof message === 'function' ? message(said) : message.test(said)
}

function selects(selector: unknown, actual: unknown): boolean {
  if (typeof selector !== 'object' || selector === null || isDeepStrictEqual(selector, actual)) {
    return isDeepStrictEqual(selector, actual)
  }
  const fields = actual as Record<string, unknown> | null | undefined
  return Object.entries(selector).every(([name, value]) => selects(value, fields?.[name]))
}
