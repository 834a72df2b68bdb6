// The Nodes to test on: the one that runs the tests, and those of `__test__/nodes`, installed when first asked for.

import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { root } from './project'

const folder = join(root, 'build', 'nodes')

/** Whether there are packages of other Nodes for this machine. */
export const hasOtherNodes = process.platform === 'linux' && process.arch === 'x64'

let installing: Promise<unknown> | undefined

/** The path of Node `major`; `undefined` with a message where it cannot be had, which in CI is a failure. */
export async function otherNode(t: ExecutionContext, major: number): Promise<string | undefined> {
  const path = join(folder, 'node_modules', `node-${major}`, 'bin', 'node')
  if (existsSync(path)) return path
  try {
    installing ??= install()
    await installing
    return path
  } catch (error) {
    if (process.env['CI'] === 'true') throw error
    t.log(`skipped: Node ${major} could not be installed (${(error as Error).message.split('\n')[0]})`)
    return undefined
  }
}

function install(): Promise<unknown> {
  mkdirSync(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(root, '__test__', 'nodes', name), join(folder, name))
  }
  return promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
}
