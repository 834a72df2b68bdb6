// Real servers for one test file: started on free ports in a folder of their own, stopped by their process. Knows no
// protocols.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Started {
  host: string
  port: number
  stop(): Promise<void>
}

interface Recipe {
  program: string
  /** Files to write into the folder, and the arguments. */
  prepare(folder: string, port: number): { files?: Record<string, string>; arguments: string[] }
}

const recipes = {
  redis: {
    program: 'redis-server',
    prepare: (folder, port) => ({
      arguments: ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
    })
  },
  memcached: {
    program: 'memcached',
    // It refuses to run as root unless told whom to be.
    prepare: (_, port) => ({
      arguments: ['-l', '127.0.0.1', '-p', `${port}`, '-U', '0', '-m', '64', '-I', '4m', '-u', 'nobody']
    })
  },
  nginx: {
    program: 'nginx',
    prepare: (folder, port) => ({
      files: {
        'index.html': '<h1>A page</h1>\n',
        'large.bin': 'x'.repeat(3_000_000),
        'nginx.conf': `
          daemon off;
          master_process off;
          pid ${folder}/pid;
          error_log ${folder}/error.log;
          events {}
          http {
            access_log off;
            client_body_temp_path ${folder}/body;
            proxy_temp_path ${folder}/proxy;
            fastcgi_temp_path ${folder}/fastcgi;
            uwsgi_temp_path ${folder}/uwsgi;
            scgi_temp_path ${folder}/scgi;
            server { listen 127.0.0.1:${port}; root ${folder}; }
          }`
      },
      arguments: ['-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`]
    })
  }
} satisfies Record<string, Recipe>

/** Where a program is; Debian keeps some servers out of a user's path. */
function find(program: string): boolean {
  return spawnSync(program, ['--version'], { env: environment() }).error === undefined
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [process.env['PATH'], '/usr/sbin', '/usr/local/sbin'].join(delimiter) }
}

export type ServerName = keyof typeof recipes

export const serverNames = Object.keys(recipes) as ServerName[]

/** Ports of servers that run already: on Windows there are none to start, and Wine's loopback is Linux's. */
const running: Partial<Record<ServerName, number>> = JSON.parse(process.env['TEST_SERVERS'] ?? '{}')

/** Whether a server can be had here. Where it is missing its tests are skipped, in CI they fail. */
export function isInstalled(name: ServerName): boolean {
  return name in running || find(recipes[name].program)
}

export async function start(name: ServerName): Promise<Started> {
  const ready = running[name]
  if (ready !== undefined) return { host: '127.0.0.1', port: ready, stop: async () => {} }
  const recipe: Recipe = recipes[name]
  const folder = mkdtempSync(join(tmpdir(), `tcpull-${name}-`))
  const port = await freePort()
  const { files = {}, arguments: given } = recipe.prepare(folder, port)
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content)
  const child = spawn(recipe.program, given, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  failed.catch(() => {})
  const stop = async (): Promise<void> => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.race([answering(port, child, () => said), failed])
  } catch (error) {
    await stop()
    throw error
  }
  return { host: '127.0.0.1', port, stop }
}

/** Waits until the server accepts connections. */
async function answering(port: number, child: ChildProcess, said: () => string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${said()}`)
    const socket = connect(port, '127.0.0.1')
    const accepted = await once(socket, 'connect').catch(() => null)
    socket.destroy()
    if (accepted !== null) return
    await sleep(25)
  }
  throw new Error(`the server does not answer: ${said()}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
