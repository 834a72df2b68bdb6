// All workloads in the order of the table. A workload is plain data:
//
//   name, title, unit     what it is called, shown as, and counted in (without a unit, it is shown as a whole)
//   shown                 what the table counts in instead, { unit, count }: so many make one
//   units                 how many of them are done, { full, quick }; `step` is the least number that makes sense
//   Check                 the class that holds what must come (harness/checks.mjs)
//   over                  which port of the far end: 'plain' unless said, 'tls', 'hybrid' for its other key exchange, or
//                         'socks5' for a proxy before it
//   run, parameters       the function each peer exports for it, and what that is given besides port, units and check
//   contestants           by label: `peer` (file in peers/) or `program` (Rust), with own `run`, `over` or parameters;
//                         `binary` names the crate of another build of the addon that it loads
//   targets               by label: the least peer ÷ tcpull that is good enough
//   pinned                both ends on one core: else waking an idle core hides what is measured
//   measure               'memory' for bytes kept, 'cpu' for the process's CPU time, 'delay' for what the event loop
//                         lets wait meanwhile, instead of time passed
import { connections } from './connections.mjs'
import { lines } from './lines.mjs'
import { messages } from './messages.mjs'
import { pingPong } from './ping-pong.mjs'
import { streams } from './streams.mjs'
import { tls } from './tls.mjs'
import { writes } from './writes.mjs'

export const workloads = [...pingPong, ...lines, ...streams, ...messages, ...writes, ...connections, ...tls]
