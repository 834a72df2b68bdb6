// The real servers that tests talk to: how each is started on a free port, in a folder of its own. Knows no protocols.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { root, site } from './authorities'
import { type Recipe as CertificateRecipe, chain, dns, ip } from './certificates'
import { proxyRecipes } from './real-proxies'
import { ask } from './server-keeper'
import { type Command, isHere, launch, type Plan, ServerProcess } from './server-processes'

/** Where a server listens. */
export interface Place {
  host: string
  port: number
}

export interface Started extends Place {
  process: ServerProcess
  stop(): Promise<void>
}

export interface Recipe {
  program: string
  /** What it needs beside itself: programs, and libraries that are loaded into it */
  needs?: readonly string[]
  /** The program that runs it, with its arguments */
  under?: [program: string, ...given: string[]]
  /** What it prints when it is ready; without it, it is when it accepts connections */
  ready?: RegExp
  /** The arguments, and the files that it needs; paths are relative to its folder. `behind` is the server it leads to */
  prepare(host: string, port: number, behind?: Place): Prepared
}

interface Prepared {
  given: string[]
  files?: Record<string, string>
  before?: Command[]
}

const nginx = (listen: string): Recipe => ({
  program: 'nginx',
  prepare: (host, port) => ({
    files: {
      ...certificates(host),
      'index.html': '<h1>A page</h1>\n',
      'large.bin': 'x'.repeat(3_000_000),
      'nginx.conf': `
        daemon off;
        master_process off;
        pid pid;
        error_log error.log;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          server { listen ${host}:${port} ${listen}; root .; }
        }`
    },
    given: ['-p', '.', '-c', 'nginx.conf', '-e', 'error.log']
  })
})

const recipes = {
  ...proxyRecipes,
  redis: {
    program: 'redis-server',
    prepare: (host, port) => ({
      given: ['--port', `${port}`, '--bind', host, '--dir', '.', '--save', '', '--appendonly', 'no']
    })
  },
  memcached: {
    program: 'memcached',
    prepare: (host, port) => ({ given: ['-l', host, '-p', `${port}`, '-U', '0', '-m', '64', '-I', '4m'] })
  },
  nginx: nginx(''),
  'nginx over TLS': nginx('ssl; ssl_certificate chain.pem; ssl_certificate_key key.pem; ssl_protocols TLSv1.2 TLSv1.3'),
  // Speaks TLS in front of another server.
  stunnel: {
    program: 'stunnel',
    prepare: (host, port, behind) => ({
      files: {
        ...certificates(host),
        'stunnel.conf': `
          foreground = yes
          syslog = no
          debug = warning
          pid =
          [front]
          accept = ${host}:${port}
          connect = ${behind?.host}:${behind?.port}
          cert = chain.pem
          key = key.pem`
      },
      given: ['stunnel.conf']
    })
  },
  // It takes one connection after the other.
  openssl: {
    program: 'openssl',
    ready: /^ACCEPT$/m,
    prepare: (host, port) => ({
      files: certificates(host),
      given: ['s_server', '-accept', `${host}:${port}`, '-cert', 'chain.pem', '-key', 'key.pem']
    })
  },
  postgres: {
    program: 'postgres',
    ready: /ready to accept connections/,
    prepare: (host, port) => ({
      files: certificates(host),
      before: [['initdb', '-D', 'data', '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']],
      given: [
        ...['-D', 'data', '-p', `${port}`],
        ...Object.entries({
          listen_addresses: host,
          unix_socket_directories: '',
          fsync: 'off',
          ssl: 'on',
          // Paths are relative to the data.
          ssl_cert_file: '../chain.pem',
          ssl_key_file: '../key.pem'
        }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      ]
    })
  },
  smtp: {
    program: 'aiosmtpd',
    // It prints the messages that it gets.
    prepare: (host, port) => ({
      files: certificates(host),
      given: [
        ...['-n', '-l', `${host}:${port}`, '--tlscert', 'chain.pem', '--tlskey', 'key.pem'],
        ...['-c', 'aiosmtpd.handlers.Debugging', 'stderr']
      ]
    })
  }
} satisfies Record<string, Recipe>

/** What servers of TLS are given: a certificate for the address and for every `*.name.test`, under the root of the tests. */
export function certificates(host: string, recipe: CertificateRecipe = {}): Record<string, string> {
  const leaf = site({ subject: 'The server', names: [dns('*.name.test'), ip(host)], ...recipe })
  return { 'chain.pem': chain(leaf), 'key.pem': leaf.key, 'root.pem': root().pem }
}

export type ServerName = keyof typeof recipes

/** Who starts them, and which programs there are; on Windows there are none to start here. */
interface Keeper {
  port: number
  programs: string[]
}
const keeper: Keeper | undefined = process.env['TEST_SERVERS'] ? JSON.parse(process.env['TEST_SERVERS']) : undefined

/** The programs and libraries that are on this machine. */
export function programsHere(): string[] {
  return [...new Set(Object.values(recipes).flatMap(allOf))].filter(isHere)
}

function allOf({ program, needs = [] }: Recipe): string[] {
  return [program, ...needs]
}

/** Whether a server can be had here. Where it is missing its tests are skipped, in CI they fail. */
export function isInstalled(name: ServerName): boolean {
  return allOf(recipes[name]).every((program) => (keeper ? keeper.programs.includes(program) : isHere(program)))
}

/** Files for a server at an address. */
export type Files = (host: string) => Record<string, string>

/** Starts one, with more arguments and other files than the usual ones, or in front of another server. */
export async function start(
  name: ServerName,
  more: readonly string[] = [],
  others: Files = () => ({}),
  behind?: Place
): Promise<Started> {
  const recipe: Recipe = recipes[name]
  const host = loopback()
  const port = await freePort(host)
  const { given, files, before = [] } = recipe.prepare(host, port, behind)
  const program: Command = recipe.under ? [...recipe.under, recipe.program] : [recipe.program]
  const plan: Plan = {
    files: { ...files, ...others(host) },
    commands: [...before, [...program, ...given, ...more]]
  }
  const process = new ServerProcess((news) => (keeper ? ask(keeper.port, plan, news) : launch(plan, news)))
  try {
    await (recipe.ready ? process.prints(recipe.ready) : answering(host, port, process))
  } catch (error) {
    await process.stop()
    throw error
  }
  return { host, port, process, stop: () => process.stop() }
}

/** Waits until the server accepts connections. */
async function answering(host: string, port: number, process: ServerProcess): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    if (process.ended !== undefined) throw new Error(`the server ended with ${process.ended}: ${process.printed}`)
    const socket = connect(port, host)
    const accepted = await once(socket, 'connect').catch(() => null)
    socket.destroy()
    if (accepted !== null) return
    await sleep(25)
  }
  throw new Error(`the server does not answer: ${process.printed}`)
}

/** An address of this machine for one server alone, so that a port which was free there stays so. */
function loopback(): string {
  return `127.${Array.from({ length: 3 }, () => randomInt(1, 255)).join('.')}`
}

async function freePort(host: string): Promise<number> {
  const server = createServer()
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
