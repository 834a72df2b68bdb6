// Runs commands of node_modules and of the system from the project's root; knows no command by name.

import { spawn, spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const env = { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH }

/** Whether a program is there to be run. */
export function available(program) {
  return spawnSync(`${program} --version`, { shell: true, env, stdio: 'ignore' }).status === 0
}

/** Runs a command under the reader's eyes, with `more` in its environment; its failure ends this process with its exit code. */
export function run(command, more = {}) {
  const { status } = spawnSync(command, { shell: true, env: { ...env, ...more }, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** Runs a command under the reader's eyes, with `more` in its environment; resolves to its exit code and all it printed. */
export function record(command, more = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr]
    ]) {
      from.setEncoding('utf8').on('data', (text) => {
        output += text
        to.write(text)
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}
