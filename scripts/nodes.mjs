// The hosts (Nodes, Bun, Deno) that tcpull is tested on beside the Node that runs the tests, installed from `__test__/nodes`
// when first asked for, on linux-x64 alone. Run by itself it prints their paths as JSON. Knows no tests.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { locked } from './locked.mjs'

const source = fileURLToPath(new URL('../__test__/nodes', import.meta.url))

// Where each package has its binary; the others are Nodes.
const BINARIES = { bun: 'bin/bun', deno: 'deno' }

/** The path of each Node by its major version, of the others by their names; installed. */
export function hosts() {
  const folder = locked(source, 'nodes')
  const { dependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => [
      name.replace('node-', ''),
      join(folder, 'node_modules', name, BINARIES[name] ?? 'bin/node')
    ])
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(hosts()))
