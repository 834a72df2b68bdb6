// One test ends, one waits for what nothing will bring, so that the process ends by itself with code 0.

import test from 'ava'

test('it ends', (t) => t.pass())

test('it waits for nothing', () => new Promise(() => {}))
