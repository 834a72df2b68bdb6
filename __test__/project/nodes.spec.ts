// Other hosts than the Node that runs the tests: a conversation through every kind of call on each, and workers that are
// terminated. Judged by how a process of its own ends.

import { majors, testOn } from '../helpers/nodes'
import { run } from '../helpers/processes'
import { terminations } from '../helpers/workers'

/** What tcpull needs of Deno's permissions, and the network for the program's own server. */
const DENO = ['run', '--no-prompt', '--allow-ffi', '--allow-read', '--allow-env', '--allow-net']

for (const host of [...majors, 'bun', 'deno'] as const) {
  testOn(host, 'every kind of call, in the main thread and in a worker, and an end by itself', async (t, node) => {
    const { code, signal, report, errors } = await run('smoke', { node, flags: host === 'deno' ? DENO : [] })
    t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
    t.deepEqual(report, { own: 8, inWorker: 8 })
  })
}

// Deno's `terminate` does not wait for the worker's end, so that there is no time to count files at.
for (const host of [...majors, 'bun'] as const) {
  testOn(host, '200 terminations of workers, 20 at once, in mid operation', terminations)
}
