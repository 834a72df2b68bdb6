// An empty project of a user's, in a folder of its own, with an empty home and no compiler; knows no cases.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { root } from '../helpers/project'
import type { Manager } from './managers'
import { type Ended, node, registry } from './setting'

// What builds an addon, and what package managers run scripts with.
const TRAPS = [
  'bash',
  'c++',
  'cargo',
  'cc',
  'clang',
  'cmake',
  'g++',
  'gcc',
  'make',
  'node-gyp',
  'python',
  'python3',
  'rustc',
  'sh'
]

export interface Workshop {
  /** The project's folder */
  project: string
  /** Calls its package manager */
  manage(...args: string[]): Promise<Ended>
  /** Runs a script of the project's, or of the tools */
  run(script: string, args?: string[], env?: Record<string, string>): Promise<Ended>
  /** Names of the packages that are there */
  list(): string[]
  /** Forgets what was installed, but for the lock file */
  uninstall(): void
  /** Writes a file into the project */
  write(name: string, content: string): void
  /** The compilers and shells that were called, with their arguments */
  trapped(): string
}

/** A project of which the test is rid at its end, with the programs of `sources` in it. */
export function workshop(t: ExecutionContext, manager: Manager): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'tcpull-installs-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [project, home, bin, trap] = ['project', 'home', 'bin', 'trapped'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string
  ]
  for (const path of [home, bin]) mkdirSync(path)
  cpSync(join(root, '__test__', 'installs', 'sources'), project, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  symlinkSync(process.execPath, join(bin, 'node'))
  for (const name of TRAPS) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${trap}'\nexit 1\n`)
    chmodSync(join(bin, name), 0o755)
  }

  const env = {
    PATH: bin,
    HOME: home,
    CI: 'true',
    npm_config_registry: registry,
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_ENABLE_SCRIPTS: 'true',
    // Packages that are a moment old are what is tested.
    YARN_NPM_MINIMAL_AGE_GATE: '0',
    ...manager.env
  }
  const run = (script: string, args: string[] = [], more: Record<string, string> = {}) =>
    node([...(manager.run ? [manager.script, ...manager.run] : []), script, ...args], project, { ...env, ...more })

  return {
    project,
    run,
    manage: (...args) => node([manager.script, ...args], project, env),
    list: () => manager.list(project, home),
    uninstall() {
      for (const name of manager.installed) rmSync(join(project, name), { recursive: true, force: true })
      rmSync(home, { recursive: true })
      mkdirSync(home)
    },
    write: (name, content) => writeFileSync(join(project, name), content),
    trapped: () => (existsSync(trap) ? readFileSync(trap, 'utf8') : '')
  }
}

/** Fails the test with what was printed, unless the process ended well. */
export function succeeded(t: ExecutionContext, { code, output }: Ended): void {
  if (code !== 0) t.log(output)
  t.is(code, 0)
}
