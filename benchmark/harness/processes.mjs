// Starts the processes of a benchmark and reads their answers; knows nothing of workloads.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Longest time one contestant may take, in ms: only against hanging. */
const GUARD = 300_000

/** The first core this process may use. */
export function firstCore() {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]
}

/** Spawns with as many descriptors as the system allows (10,000 connections need them), on one core if told. */
function launch(command, { core, env, stdin }) {
  const pinned = core === undefined ? command : ['taskset', '-c', core, ...command]
  const raise = 'ulimit -n "$(ulimit -Hn)"; exec "$@"'
  return spawn('bash', ['-c', raise, 'bash', ...pinned], {
    env: { ...process.env, ...env },
    stdio: [stdin, 'pipe', 'pipe']
  })
}

/**
 * Starts a far end: its `ports` by what they speak, and the `tls` options that trust it. `close()` ends it, and so does
 * the end of this process, which closes its standard input.
 */
export async function startFarEnd(program, core) {
  const child = launch([program], { core, stdin: 'pipe' })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the far end exited with ${code}`)
  })
  const [place] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), failed])
  failed.catch(() => {})
  return { ...JSON.parse(place), close: () => child.stdin.end() }
}

/** Runs a command to its end, with `env` added to the environment; the JSON it printed, or an error with what it said. */
export async function ask(command, { core, env }) {
  const child = launch(command, { core, env, stdin: 'ignore' })
  const guard = setTimeout(() => child.kill('SIGKILL'), GUARD)
  const [output, complaint, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close')
  ])
  clearTimeout(guard)
  if (code !== 0) throw new Error(reason(complaint) || `ended by ${signal ?? code}`)
  return JSON.parse(output)
}

/** The line of a stack trace that says what was wrong, else all that was said. */
function reason(complaint) {
  return /^.*Error\b.*$/m.exec(complaint)?.[0] ?? complaint.trim()
}

async function text(stream) {
  let all = ''
  for await (const part of stream.setEncoding('utf8')) all += part
  return all
}
