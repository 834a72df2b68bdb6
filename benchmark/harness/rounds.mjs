// Runs one workload: rounds in which every contestant has a turn, the order turning by one each time, so that whatever
// changes on the machine meanwhile meets all alike. Knows processes, and nothing of what the figures mean.
import { fileURLToPath } from 'node:url'
import { ask } from './processes.mjs'

const child = fileURLToPath(new URL('contestant.mjs', import.meta.url))

/**
 * Figures per unit by contestant, one per round, or the error that ended its part.
 * @returns {Promise<Map<string, { turns: object[], error?: Error }>>}
 */
export async function compete(workload, { port, core, rounds, quick, programs }) {
  const labels = Object.keys(workload.contestants)
  const units = quick ? workload.units.quick : workload.units.full
  const results = new Map(labels.map((label) => [label, { turns: [] }]))
  for (let round = 0; round < rounds; round++) {
    const first = round % labels.length
    for (const label of [...labels.slice(first), ...labels.slice(0, first)]) {
      const result = results.get(label)
      if (result.error) continue
      try {
        const command = commandOf(workload, label, port, units, programs)
        result.turns.push(perUnit(await ask(command, core), units))
      } catch (error) {
        result.error = error
      }
    }
  }
  return results
}

function commandOf(workload, label, port, units, programs) {
  const { program, peer, run = workload.run, ...own } = workload.contestants[label]
  if (program) return [programs[program], run, String(port), String(units)]
  const step = workload.step ?? 1
  const warmUp = Math.ceil(units / 10 / step) * step
  const parameters = { ...workload.parameters, ...own }
  const job = { workload: workload.name, peer, run, parameters, port, units, warmUp }
  return [process.execPath, '--expose-gc', child, JSON.stringify(job)]
}

function perUnit(figures, units) {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, figure / units]))
}
