// npm run bench: measures tcpull against its peers and prints the table. Knows the options and the order of things.
//
//   --only a,b    only these workloads        --rounds n  turns of each contestant (default 7, quick 3)
//   --quick       a tenth of the work         --readme    put the table into the README
import { platform } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildBinary, buildPrograms, ownBinary, sizeOf } from './harness/build.mjs'
import { firstCore, startFarEnd } from './harness/processes.mjs'
import { fillReadme, machine } from './harness/readme.mjs'
import { rowsOf, table } from './harness/report.mjs'
import { compete } from './harness/rounds.mjs'
import { workloads } from './workloads/index.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { quick, readme, rounds, chosen } = options()
const programs = buildPrograms(root)
const binaries = otherBinaries()
const core = firstCore()
const farEnds = { free: await startFarEnd(programs['far-end']), pinned: await startFarEnd(programs['far-end'], core) }

const rows = []
const failures = []
for (const workload of chosen) {
  console.error(`${workload.name} …`)
  const place = workload.pinned ? { farEnd: farEnds.pinned, core } : { farEnd: farEnds.free }
  const results = await compete(workload, { ...place, rounds, quick, programs, binaries })
  rows.push(...rowsOf(workload, results))
  for (const [label, { error }] of results) {
    if (error) failures.push(`${workload.name}, ${label}: ${error.message}`)
  }
}
for (const farEnd of Object.values(farEnds)) farEnd.close()

const how = [
  machine(),
  `Medians of ${rounds} interleaved rounds; ratios are peer ÷ tcpull in the same round, so more than 1 means tcpull is better.`,
  'The last two columns are processor time.',
  ...Object.entries(binaries).map(
    ([crypto, path]) => `The addon takes ${sizeOf(ownBinary(root))}, with ${crypto} ${sizeOf(path)}.`
  )
].join('\n')
console.log(`${how}\n\n${table(rows)}`)
if (failures.length) {
  console.error(`\n${failures.join('\n')}`)
  process.exitCode = 1
} else if (readme) {
  fillReadme(`${root}/README.md`, `${how}\n\n${table(rows)}`)
}

/** Other builds of the addon, by name: those that the chosen workloads need. */
function otherBinaries() {
  const contestants = chosen.flatMap((workload) => Object.values(workload.contestants))
  const names = new Set(contestants.flatMap(({ binary }) => binary ?? []))
  return Object.fromEntries([...names].map((name) => [name, buildBinary(root, name)]))
}

function options() {
  if (platform() !== 'linux') fail('the benchmark reads the processor times that only Linux keeps: run it there')
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false }
    }
  })
  const names = values.only?.split(',') ?? workloads.map(({ name }) => name)
  const chosen = names.map(
    (name) => workloads.find((workload) => workload.name === name) ?? fail(`no workload is called ${name}`)
  )
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
  if (!Number.isSafeInteger(rounds) || rounds < 1) fail('--rounds takes a whole number from 1 on')
  return { quick: values.quick, readme: values.readme, rounds, chosen }
}

function fail(message) {
  console.error(`bench: ${message}`)
  process.exit(2)
}
