// One test ends, then the process, with code 0.

import test from 'ava'

test.serial('it ends', (t) => t.pass())

test.serial('it exits', () => process.exit(0))

test.serial('it comes after', (t) => t.pass())
