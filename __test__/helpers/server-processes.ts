// A server's process, on this machine or on another one: what to run, and what can be told to it and heard of it. Knows no
// servers and no ports.

import { spawn, spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { within } from './within'

/** A program with its arguments. */
export type Command = [program: string, ...given: string[]]

/** All of it is text, so that it can be sent. The folder that `files` are written into is where the commands run. */
export interface Plan {
  files: Record<string, string>
  /** They run one after the other; the last one is the server */
  commands: Command[]
}

export type Order = { type: string } | { signal: NodeJS.Signals }
export type News = { printed: string } | { ended: string }

/** A process as a test sees it. */
export class ServerProcess {
  /** All that it has printed so far */
  printed = ''
  /** How it ended; `undefined` while it runs */
  ended: string | undefined
  readonly #changes = new EventEmitter()
  readonly #order: (order: Order) => void

  constructor(launching: (news: (news: News) => void) => (order: Order) => void) {
    this.#order = launching((news) => this.#take(news))
  }

  #take(news: News): void {
    if ('printed' in news) this.printed += news.printed
    else this.ended = news.ended
    this.#changes.emit('change')
  }

  /** Waits until it has printed this, from its start or from a place in what it prints. */
  prints(pattern: RegExp, from = 0): Promise<RegExpMatchArray> {
    const look = async (): Promise<RegExpMatchArray> => {
      for (;;) {
        const match = this.printed.slice(from).match(pattern)
        if (match) return match
        if (this.ended !== undefined) throw new Error(`the server ended with ${this.ended}: ${this.printed}`)
        await once(this.#changes, 'change')
      }
    }
    return within(look(), `the server, which is to print ${pattern},`)
  }

  /** Writes to its input. */
  type(text: string): void {
    this.#order({ type: text })
  }

  /** Resolves when it has ended. PostgreSQL would wait for its clients after a SIGTERM; all others know a SIGINT too. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (this.ended === undefined) this.#order({ signal })
    while (this.ended === undefined) await once(this.#changes, 'change')
  }
}

/** Runs a plan on this machine, in a folder of its own. */
export function launch(plan: Plan, news: (news: News) => void): (order: Order) => void {
  const folder = mkdtempSync(join(tmpdir(), 'tcpull-server-'))
  const own = nobody()
  for (const [file, content] of Object.entries(plan.files)) {
    writeFileSync(join(folder, file), content, { mode: 0o600 })
    if (own) chownSync(join(folder, file), own.uid, own.gid)
  }
  if (own) chownSync(folder, own.uid, own.gid)
  const finish = (how: string): void => {
    rmSync(folder, { recursive: true, force: true })
    news({ ended: how })
  }
  const [program, ...given] = plan.commands.at(-1) as Command
  for (const [program, ...given] of plan.commands.slice(0, -1)) {
    const options = { cwd: folder, env: environment(), encoding: 'utf8', ...own } as const
    const { status, error, stdout, stderr } = spawnSync(program, given, options)
    if (status === 0) continue
    news({ printed: `${program}: ${error?.message ?? `${stdout}${stderr}`}` })
    finish(`${status}`)
    return () => {}
  }
  const child = spawn(program, given, { cwd: folder, env: environment(), ...own })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1').on('data', (text: string) => news({ printed: text }))
  }
  child.stdin.on('error', () => {})
  child.on('error', (error) => finish(error.message))
  child.on('close', (code, signal) => finish(`${code ?? signal}`))
  return (order) => {
    if ('type' in order) child.stdin.write(order.type, 'latin1')
    else child.kill(order.signal)
  }
}

/** Servers do not run as root: PostgreSQL refuses to, others ask whom they are to be instead. Debian fixes the numbers. */
function nobody(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined
}

/** Whether a program is on this machine, or a library (`….so`). */
export function isHere(name: string): boolean {
  const [places, mode] = name.endsWith('.so') ? [libraries(), constants.R_OK] : [folders(), constants.X_OK]
  return places.some((folder) => {
    try {
      accessSync(join(folder, name), mode)
      return true
    } catch {
      return false
    }
  })
}

/** Where libraries are: Debian has a folder for each kind of machine. */
function libraries(): string[] {
  const all = '/usr/lib'
  return namesIn(all)
    .filter((name) => name.includes('-linux-gnu'))
    .map((name) => join(all, name))
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: folders().join(delimiter) }
}

/** Where programs are; Debian keeps some servers out of a user's path. */
function folders(): string[] {
  const versions = '/usr/lib/postgresql'
  const databases = namesIn(versions).map((version) => join(versions, version, 'bin'))
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...databases]
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
