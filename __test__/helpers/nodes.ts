// The hosts to test on beside the Node that runs the tests, installed when first asked for; knows no cases.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { json, root } from './project'

/** Whether there are packages of other hosts for this machine. */
const available = process.platform === 'linux' && process.arch === 'x64'

/** The major versions of these Nodes. */
export const majors = Object.keys(json('__test__/nodes/package.json')['dependencies'] as object)
  .filter((name) => name.startsWith('node-'))
  .map((name) => Number(name.replace('node-', '')))

/** A Node's major version, or another host. */
export type Host = number | 'bun' | 'deno'

let installing: Promise<Record<string, string>> | undefined

/** Declares a test that is given the path of a host. Where it cannot be had it passes with a note, in CI it fails. */
export function testOn(host: Host, title: string, body: (t: ExecutionContext, path: string) => Promise<void>): void {
  const declare = available ? test.serial : test.serial.skip
  const name = typeof host === 'number' ? `Node ${host}` : host
  declare(`${title} on ${name}`, async (t) => {
    installing ??= install()
    let path: string | undefined
    try {
      path = (await installing)[host]
    } catch (error) {
      if (process.env['CI'] === 'true') throw error
      t.log(`not tested: ${name} could not be installed (${(error as Error).message.split('\n')[0]})`)
      t.pass()
      return
    }
    await body(t, path as string)
  })
}

async function install(): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts', 'nodes.mjs')])
  return JSON.parse(stdout)
}
