// A test that passes before something else in its process throws.

import test from 'ava'

test('it passes', (t) => {
  setTimeout(() => {
    throw new Error('from a timer')
  }, 1)
  t.pass()
})
