// Runs one workload: rounds in which every contestant has a turn, the order turning by one each time, so that whatever
// changes on the machine meanwhile meets all alike. Knows processes, and nothing of what the figures mean.
import { fileURLToPath } from 'node:url'
import { ask } from './processes.mjs'

const child = fileURLToPath(new URL('contestant.mjs', import.meta.url))

/**
 * Figures per unit (a delay as it is) by contestant, one per round, or the error that ended its part.
 * @returns {Promise<Map<string, { turns: object[], error?: Error }>>}
 */
export async function compete(workload, { farEnd, core, rounds, quick, programs, binaries }) {
  const labels = Object.keys(workload.contestants)
  const units = quick ? workload.units.quick : workload.units.full
  const results = new Map(labels.map((label) => [label, { turns: [] }]))
  for (let round = 0; round < rounds; round++) {
    const first = round % labels.length
    for (const label of [...labels.slice(first), ...labels.slice(0, first)]) {
      const result = results.get(label)
      if (result.error) continue
      try {
        const command = commandOf(workload, label, farEnd, units, programs)
        const figures = await ask(command, { core, env: environmentOf(workload.contestants[label], binaries) })
        result.turns.push(workload.measure === 'delay' ? figures : perUnit(figures, units))
      } catch (error) {
        result.error = error
      }
    }
  }
  return results
}

function commandOf(workload, label, farEnd, units, programs) {
  const contestant = workload.contestants[label]
  const { program, peer, run = workload.run, over = workload.over ?? 'plain', binary, ...own } = contestant
  const port = farEnd.ports[over]
  if (program) return [programs[program], run, String(port), String(units)]
  const step = workload.step ?? 1
  const warmUp = Math.ceil(units / 10 / step) * step
  const parameters = { ...workload.parameters, ...own }
  const tls = ['tls', 'hybrid'].includes(over) ? farEnd.tls : undefined
  const job = { workload: workload.name, peer, run, parameters, port, tls, units, warmUp }
  return [process.execPath, '--expose-gc', child, JSON.stringify(job)]
}

/** What has a contestant load another build of the addon. */
function environmentOf({ binary }, binaries) {
  return binary && { TCPULL_BINARY: binaries[binary] }
}

function perUnit(figures, units) {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, figure / units]))
}
