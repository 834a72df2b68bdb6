// Tests that each fail in a way of their own.

import test from 'ava'

test('a failing assertion', (t) => t.is<number, number>(1, 2))

test('an assertion of each kind fails', (t) => {
  const wrong: [string, () => unknown][] = [
    ['is', () => t.is<number, number>(0, -0)],
    ['not', () => t.not(1, 1)],
    ['deepEqual', () => t.deepEqual<unknown, unknown>({ a: 1 }, { a: 1, b: undefined })],
    ['like', () => t.like<object>({ a: 1 }, { b: 1 })],
    ['true', () => t.true(1 as unknown as true)],
    ['false', () => t.false(0 as unknown as false)],
    ['regex', () => t.regex('abc', /d/)],
    ['notRegex', () => t.notRegex('abc', /b/)],
    ['fail', () => t.fail()],
    ['throws', () => t.throws(() => {})],
    ['throws another name', () => t.throws(() => JSON.parse('{'), { name: 'TypeError' })],
    ['throws another class', () => t.throws(() => JSON.parse('{'), { instanceOf: TypeError })],
    ['throws another message', () => t.throws(() => JSON.parse('{'), { message: 'no' })],
    ['throws another code', () => t.throws(() => JSON.parse('{'), { code: 'no' })],
    [
      'throws what is no error',
      () =>
        t.throws(() => {
          throw 'text'
        })
    ],
    ['notThrows', () => t.notThrows(() => JSON.parse('{'))]
  ]
  for (const [name, assertion] of wrong) {
    try {
      assertion()
    } catch {
      continue
    }
    console.log(`# held: ${name}`)
  }
})

test('a failing assertion that the test swallows', (t) => {
  try {
    t.true(false)
  } catch {
    t.pass()
  }
})

test('a promise that was to reject and did not', async (t) => {
  await t.throwsAsync(Promise.resolve())
})

test('a thrown error', (t) => {
  t.pass()
  throw new Error('thrown')
})

test('a rejection', async (t) => {
  t.pass()
  await Promise.reject(new Error('rejected'))
})

test('no assertion', () => {})

test('a failing teardown', (t) => {
  t.pass()
  t.teardown(() => {
    throw new Error('in teardown')
  })
})
