// One test ends, then the process is killed.

import test from 'ava'

test.serial('it ends', (t) => t.pass())

test.serial('it crashes', async () => {
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
})
