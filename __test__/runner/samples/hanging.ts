// One test ends, one never does while something keeps the process alive.

import test from 'ava'

test('it ends', (t) => t.pass())

test('it hangs', async () => {
  setInterval(() => {}, 1000)
  await new Promise(() => {})
})
