// What `npm run test:installs` has prepared for these tests: the registry with the packages, and the tools' folder.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { json, root } from '../helpers/project'

/** The local registry's address. */
export const registry = prepared('TCPULL_TEST_REGISTRY')

const tools = join(prepared('TCPULL_TEST_TOOLS'), 'node_modules')

/** The version of all five packages. */
export const version = String(json('package.json')['version'])

/** The tarball of one of the packages. */
export function tarball(name: string): string {
  return join(root, 'build', 'packages', `${name}-${version}.tgz`)
}

/** A file or folder of the tools' `node_modules`. */
export function tool(...path: string[]): string {
  return join(tools, ...path)
}

/** How a process ended. */
export interface Ended {
  code: number
  output: string
}

// Far beyond what any of them needs: no test depends on how long things take.
const GUARD = 500_000

/** Runs a program of Node's with the given environment and nothing else of ours; its output and errors come together. */
export function node(args: readonly string[], cwd: string, env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: GUARD, maxBuffer: 64 << 20 }
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ code, output: stdout + stderr })
    })
  })
}

function prepared(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: npm run test:installs prepares what these tests need`)
  return value
}
