// All workloads in the order of the table. A workload is plain data:
//
//   name, title, unit     what it is called, shown as, and counted in
//   units                 how many of them are done, { full, quick }; `step` is the least number that makes sense
//   Check                 the class that holds what must come (harness/checks.mjs)
//   run, parameters       the function each peer exports for it, and what that is given besides port, units and check
//   contestants           by label: `peer` (file in peers/) or `program` (Rust), with own `run` or parameters
//   targets               by label: the least peer ÷ tcpull that is good enough
//   pinned                both ends on one core: else waking an idle core hides what is measured
//   measure               'memory' for bytes kept, 'cpu' for the process's CPU time, instead of time passed
import { connections } from './connections.mjs'
import { lines } from './lines.mjs'
import { messages } from './messages.mjs'
import { pingPong } from './ping-pong.mjs'
import { streams } from './streams.mjs'
import { writes } from './writes.mjs'

export const workloads = [...pingPong, ...lines, ...streams, ...messages, ...writes, ...connections]
