// Programs that tests run in a process of their own and judge by how it ends. Knows no cases.

import { spawn } from 'node:child_process'
import { root } from './project'

/** How a program ended. */
export interface Ended {
  code: number | null
  signal: string | null
  printed: string[]
  errors: string
}

// Each program has a peer in its own process, whose handles do not keep it alive.
const PRELUDE = `
const { once } = require('node:events')
const { setTimeout: sleep, setImmediate: turn } = require('node:timers/promises')
const { connect, createServer, processRequest } = require('./build/test/helpers/transport.js')
const turns = async (count) => { for (let i = 0; i < count; i++) await turn() }
const peer = async (serve = () => {}) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.unref()
    serve(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  server.unref()
  return { host: '127.0.0.1', port: server.address().port }
}
const meet = async () => {
  let socket
  const address = await peer((accepted) => { socket = accepted })
  const client = await connect(address)
  while (!socket) await turn()
  return { client, socket }
}
`

const GUARD = 60_000

/** Runs the body of an async function in Node; a program that hangs is killed, which shows in `signal`. */
export function program(body: string, ...flags: string[]): Promise<Ended> {
  const source = `${PRELUDE}\n;(async () => {\n${body}\n})()`
  const child = spawn(process.execPath, [...flags, '-e', source], { cwd: root, timeout: GUARD, killSignal: 'SIGKILL' })
  let printed = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, printed: printed.split('\n').slice(0, -1), errors }))
  })
}

/** What a program gives that ends by itself after printing these lines. */
export function printing(...printed: string[]): Ended {
  return { code: 0, signal: null, printed, errors: '' }
}
