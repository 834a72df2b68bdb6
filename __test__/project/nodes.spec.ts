// Other Nodes than the one that runs the tests: a conversation through every kind of call, and workers that are terminated, on
// each. Judged by how a process of its own ends.

import { majors, testOn } from '../helpers/nodes'
import { run } from '../helpers/processes'
import { terminations } from '../helpers/workers'

for (const major of majors) {
  testOn(major, 'every kind of call, in the main thread and in a worker, and an end by itself', async (t, node) => {
    const { code, signal, report, errors } = await run('smoke', { node })
    t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: '' })
    t.deepEqual(report, { own: 8, inWorker: 8 })
  })

  testOn(major, '200 terminations of workers, 20 at once, in mid operation', terminations)
}
