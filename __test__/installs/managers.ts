// How each package manager is told to do what these tests ask of it; runs none of them.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tool } from './setting'

export interface Manager {
  name: string
  /** The script to run with Node */
  script: string
  add: string[]
  /** Installs what the lock file says */
  restore: string[]
  env?: Record<string, string>
  /** Leaves optional packages out */
  withoutOptional?: string[]
  /** Makes `add` one for another platform: arguments of its own and a file of settings */
  elsewhere?(os: string, cpu: string, libc?: string): { args?: string[]; settings?: [file: string, text: string] }
  /** Runs a program where plain Node would not find the packages */
  run?: string[]
  /** What keeps the packages in a project, beside the lock file */
  installed: string[]
  /** Names of the packages that are in a project */
  list(project: string, home: string): string[]
}

const switches = (os: string, cpu: string, libc?: string) => ({
  args: [`--os=${os}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])]
})

const npm = {
  add: ['install'],
  restore: ['ci'],
  withoutOptional: ['--omit=optional'],
  elsewhere: switches,
  installed: ['node_modules'],
  list: (project: string) => folders(join(project, 'node_modules')).sort()
}

const berry = {
  script: tool('@yarnpkg', 'cli-dist', 'bin', 'yarn.js'),
  add: ['add'],
  restore: ['install', '--immutable'],
  elsewhere: (os: string, cpu: string, libc?: string) => {
    const lines = Object.entries({ os, cpu, ...(libc && { libc }) }).map(([key, value]) => `  ${key}: [${value}]\n`)
    return { settings: ['.yarnrc.yml', `supportedArchitectures:\n${lines.join('')}`] as [string, string] }
  }
}

export const npm10: Manager = { name: 'npm 10', script: tool('npm-10', 'bin', 'npm-cli.js'), ...npm }
export const npm11: Manager = { name: 'npm 11', script: tool('npm-11', 'bin', 'npm-cli.js'), ...npm }

export const managers: Manager[] = [
  npm10,
  npm11,
  {
    name: 'pnpm',
    script: tool('pnpm', 'bin', 'pnpm.cjs'),
    add: ['add'],
    restore: ['install', '--frozen-lockfile'],
    // pnpm runs no script that is not allowed: for these tests all are, so that one would be seen.
    env: { npm_config_dangerously_allow_all_builds: 'true' },
    withoutOptional: ['--no-optional'],
    elsewhere: switches,
    installed: ['node_modules'],
    list: (project) =>
      folders(join(project, 'node_modules', '.pnpm'))
        .map((name) => name.replace(/(?<!^)@.*/, ''))
        .sort()
  },
  {
    name: 'yarn classic',
    script: tool('yarn', 'bin', 'yarn.js'),
    // For root its default is one folder of the machine's; this one is in the project's home.
    env: { YARN_CACHE_FOLDER: join('..', 'home', 'yarn') },
    add: ['add'],
    restore: ['install', '--frozen-lockfile'],
    withoutOptional: ['--ignore-optional'],
    installed: ['node_modules'],
    list: (project) => folders(join(project, 'node_modules')).sort()
  },
  {
    name: 'yarn with node_modules',
    ...berry,
    env: { YARN_NODE_LINKER: 'node-modules' },
    installed: ['node_modules', '.yarn'],
    list: (project) => folders(join(project, 'node_modules')).sort()
  },
  {
    name: "yarn with Plug'n'Play",
    ...berry,
    env: { YARN_NODE_LINKER: 'pnp', YARN_PNP_ENABLE_ESM_LOADER: 'true' },
    run: ['node'],
    installed: ['.pnp.cjs', '.pnp.loader.mjs', '.yarn'],
    // Packages stay in the archives of the cache, which is each project's own here.
    list: (_project, home) =>
      folders(join(home, '.yarn', 'berry', 'cache'))
        .map((name) => name.replace(/-npm-.*\.zip$/, ''))
        .sort()
  }
]

function folders(path: string): string[] {
  return readdirSync(path).filter((name) => !name.startsWith('.') && name !== 'node_modules' && name !== 'lock.yaml')
}
