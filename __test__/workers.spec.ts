// Worker threads: each has an environment of its own, and may be terminated at any point. Judged by how a process of its own
// ends; the far end is this process.

import test from 'ava'
import { run } from './helpers/processes'
import { serve, terminations } from './helpers/workers'

test.serial(
  '20 workers and the main thread hold their own conversations at once, 10 more one after the other',
  async (t) => {
    const port = await serve(t, (socket) => socket.pipe(socket))
    const { code, signal, report, errors } = await run('conversations', { arguments: [port] })
    t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
    t.deepEqual(report, { own: 200, atOnce: 4000, inTurn: 2000 })
  }
)

test.serial('200 terminations of workers, 20 at once, in mid operation are clean', (t) =>
  terminations(t, process.execPath)
)
