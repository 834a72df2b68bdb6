// A test that passes and leaves a rejection that nobody handles, and one that handles it later.

import test from 'ava'

test('it handles later', async (t) => {
  const rejected = Promise.reject(new Error('handled later'))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await t.throwsAsync(rejected, { message: 'handled later' })
})

test('it leaves a rejection', (t) => {
  Promise.reject(new Error('left'))
  t.pass()
})
