// Runs every check that this machine can run, the other targets and the installs included, within a limit of time. Says what
// ran and what was left out, and why. Ends with one line `N passed, N failed`.

import { spawn } from 'node:child_process'
import { countTotal } from '../counts.mjs'

const LIMIT = 75 * 60

const build = 'scripts/targets/setup-build.sh'
const foreign = [build, 'scripts/targets/setup-hosts.sh']
const target = (name, tools, minutes) => ({ name, tools, minutes, command: `npm run -s test:targets -- ${name}` })

/** `tools` bring what a stage needs, and it is left out where they fail; `minutes` is what it may take on a bare machine. */
const stages = [
  {
    name: 'linux-x64 in full',
    tools: [],
    minutes: 0,
    command: 'scripts/ci-setup.sh && npm ci --no-audit --no-fund && npm test'
  },
  target('linux-x64-gnu', [build], 10),
  target('win32-x64-msvc', foreign, 18),
  target('linux-ia32-gnu', foreign, 12),
  target('win32-ia32-msvc', foreign, 15),
  { name: 'installs', tools: [build], minutes: 16, command: 'npm run -s test:installs' }
]

const ran = []
const leftOut = []
const totals = { passed: 0, failed: 0 }

let interrupted = false

for (const stage of stages) {
  const reason = await missing(stage)
  if (reason === undefined) await test(stage)
  else leftOut.push({ ...stage, reason })
}

console.log()
for (const { name, passed, failed, minutes } of ran)
  console.log(`ran: ${name}: ${passed} passed and ${failed} failed in ${minutes} minutes`)
for (const { name, reason } of leftOut) console.log(`LEFT OUT: ${name}: ${reason}`)
console.log(`${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed === 0 && !interrupted ? 0 : 1

/** Why a stage cannot run; `undefined` when it can. */
async function missing({ tools, minutes }) {
  if (interrupted) return 'the run was interrupted'
  if (performance.now() / 1000 + minutes * 60 > LIMIT) return `no time is left for its ${minutes} minutes`
  for (const tool of tools) {
    const { code, output } = await watched(tool, '')
    if (code !== 0) return `${tool} failed: ${output.trimEnd().split('\n').at(-1)}`
  }
  return undefined
}

async function test({ name, command }) {
  const started = performance.now()
  const { passed, failed } = countTotal(await watched(command, `${name}: `))
  totals.passed += passed
  totals.failed += failed
  ran.push({ name, passed, failed, minutes: ((performance.now() - started) / 60_000).toFixed(1) })
}

/** Runs a command under the reader's eyes, its own totals marked by `prefix`; one that outlasts the limit is killed. */
function watched(command, prefix) {
  console.log(`\n=== ${command}`)
  const left = Math.max(1, Math.round(LIMIT - performance.now() / 1000))
  const child = spawn('timeout', ['--kill-after=10', String(left), 'bash', '-c', `${command} 2>&1`], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) console.log(/^\d+ passed, \d+ failed$/.test(line) ? prefix + line : line)
  })
  // `timeout` is in a process group of its own, to which it hands signals on.
  const interrupt = (signal) => {
    interrupted = true
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM']
  for (const signal of signals) process.on(signal, interrupt)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, interrupt)
      if (rest) console.log(rest)
      resolve({ code, output })
    })
  })
}
