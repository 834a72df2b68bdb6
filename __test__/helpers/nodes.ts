// The Nodes to test on beside the one that runs the tests, installed when first asked for; knows no cases.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { json, root } from './project'

/** Whether there are packages of other Nodes for this machine. */
const available = process.platform === 'linux' && process.arch === 'x64'

/** The major versions of these Nodes. */
export const majors = Object.keys(json('__test__/nodes/package.json')['dependencies'] as object).map((name) =>
  Number(name.replace('node-', ''))
)

let installing: Promise<Record<string, string>> | undefined

/** Declares a test that is given the path of Node `major`. Where that Node cannot be had it passes with a note, in CI it fails. */
export function testOn(major: number, title: string, body: (t: ExecutionContext, node: string) => Promise<void>): void {
  const declare = available ? test.serial : test.serial.skip
  declare(`${title} on Node ${major}`, async (t) => {
    installing ??= install()
    let node: string | undefined
    try {
      node = (await installing)[major]
    } catch (error) {
      if (process.env['CI'] === 'true') throw error
      t.log(`not tested: Node ${major} could not be installed (${(error as Error).message.split('\n')[0]})`)
      t.pass()
      return
    }
    await body(t, node as string)
  })
}

async function install(): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts', 'nodes.mjs')])
  return JSON.parse(stdout)
}
