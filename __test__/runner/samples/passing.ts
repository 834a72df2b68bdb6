// Tests that pass, in an order that can be told from the outside.

import test from 'ava'

const order: string[] = []

test('one of several at once', async (t) => {
  t.teardown(() => order.push('first declared'))
  t.teardown(() => order.push('last declared'))
  await new Promise((resolve) => setTimeout(resolve, 1))
  t.pass()
})

test('another', (t) => {
  t.log('a log')
  t.deepEqual(order, ['serial'])
  const error = t.throws(() => JSON.parse('{'), { name: 'SyntaxError', instanceOf: SyntaxError, message: /JSON/ })
  t.true(error instanceof SyntaxError)
})

test('every assertion holds', async (t) => {
  t.is(Number.NaN, Number.NaN)
  t.not(0, -0)
  t.deepEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })
  t.like({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } })
  t.false(false)
  t.regex('abc', /b/)
  t.notRegex('abc', /d/)
  t.notThrows(() => {})
  await t.throwsAsync(Promise.reject(Object.assign(new Error('x'), { code: 'E' })), { code: 'E', message: 'x' })
  await t.throwsAsync(async () => Promise.reject('text'), { any: true, is: 'text' })
})

test.serial('a serial one goes first', (t) => {
  order.push('serial')
  t.pass()
})

test.skip('not run', (t) => t.fail())
test.serial.skip('not run either', (t) => t.fail())

test.after.always('teardowns have run, the last one first', () => {
  if (order.join() !== 'serial,last declared,first declared') throw new Error(order.join())
})
