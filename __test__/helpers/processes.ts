// Programs of this folder in processes of their own, under any Node; knows no cases.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './project'

/** How a program ended. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  /** What it gave to `report`, the last time */
  report: Record<string, number>
  /** What it wrote to its error stream */
  errors: string
}

export interface Running {
  node?: string
  flags?: string[]
  arguments?: (string | number)[]
  /** Called with each line that the program prints; what it writes to `input` is a line of the program's. */
  onLine?: (line: string, input: NodeJS.WritableStream) => void
}

// Far beyond what any of them needs, on Windows under Wine too: no test depends on how long things take.
const GUARD = process.platform === 'win32' ? 850_000 : 170_000

/** Runs `__test__/programs/<name>.ts`. */
export function run(name: string, running: Running = {}): Promise<Ended> {
  const { node = process.execPath, flags = [], onLine } = running
  const path = join(root, 'build', 'test', 'programs', `${name}.js`)
  const given = (running.arguments ?? []).map(String)
  const child = spawn(node, [...flags, path, ...given], { cwd: root, timeout: GUARD, killSignal: 'SIGKILL' })
  let report = {}
  let errors = ''
  let rest = ''
  child.stdin.on('error', () => {})
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      if (line.startsWith('{')) report = JSON.parse(line)
      else onLine?.(line, child.stdin)
    }
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, report, errors }))
  })
}
