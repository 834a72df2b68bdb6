// The hosts (Nodes, Bun, Deno) that tcpull is tested on beside the Node that runs the tests, installed from `__test__/nodes`
// when first asked for, on linux-x64 alone. Run by itself it prints their paths as JSON. Knows no tests.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cache } from './cache.mjs'

const source = fileURLToPath(new URL('../__test__/nodes', import.meta.url))
const manifests = ['package.json', 'package-lock.json']

// Where each package has its binary; the others are Nodes.
const BINARIES = { bun: 'bin/bun', deno: 'deno' }

/** The path of each Node by its major version, of the others by their names; installed. */
export function hosts() {
  const locked = readFileSync(join(source, 'package-lock.json'))
  const folder = join(cache, `nodes-${createHash('sha256').update(locked).digest('hex').slice(0, 12)}`)
  if (!existsSync(folder)) install(folder)
  const { dependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => [
      name.replace('node-', ''),
      join(folder, 'node_modules', name, BINARIES[name] ?? 'bin/node')
    ])
  )
}

// Made beside its place and moved there whole: two checkouts may do this at once, and an interrupted one leaves nothing.
function install(folder) {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, 'nodes-'))
  try {
    for (const name of manifests) copyFileSync(join(source, name), join(fresh, name))
    // Standard output is the caller's answer.
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: fresh,
      stdio: ['ignore', 'ignore', 'inherit']
    })
    renameSync(fresh, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(hosts()))
