// Loads the package in every way there is, and again, and a second copy of it; reports what stayed the same.

import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type * as tcpull from 'tcpull'
import { report } from './measures'

type Package = typeof tcpull

const root = dirname(require.resolve('tcpull/package.json'))

/** Talks through one loaded package and provokes one of its errors; gives the error. */
async function converse({ connect }: Package, port: number): Promise<unknown> {
  const client = await connect({ host: '127.0.0.1', port })
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => client.request(`${text}\n`, { line: true })))
  if (answers.join() !== 'a,b,c') throw new Error(`got ${answers}`)
  const error = await client.readUntil('x', { timeout: 1 }).catch((error) => error)
  await client.close()
  return error
}

/** A copy of the package's files, as a second version in a tree of dependencies would be. */
function copy(): Package {
  // Removed by the next run: Windows keeps the file of a library that is loaded.
  const folder = join(root, 'build', 'copy')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'dist'), { recursive: true })
  for (const name of ['package.json', 'dist']) cpSync(join(root, name), join(folder, name), { recursive: true })
  const binary = Object.keys(require.cache).find((path) => path.endsWith('.node')) as string
  cpSync(binary, join(folder, basename(binary)))
  return require(join(folder, 'dist', 'index.js')) as Package
}

function forget(): void {
  for (const path of Object.keys(require.cache)) if (path.startsWith(root)) delete require.cache[path]
}

async function main(): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket).on('error', () => {}))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const required = require('tcpull') as Package
  const idle = await required.connect({ host: '127.0.0.1', port })
  let reloads = 0
  for (; reloads < 20; reloads++) {
    forget()
    const again = require('tcpull') as Package
    await Promise.all([converse(again, port), converse(required, port)])
  }
  const other = copy()
  const [ownError, otherError] = await Promise.all([converse(required, port), converse(other, port)])
  report({
    reloads,
    own: ownError instanceof required.TcpError ? 1 : 0,
    sameCode: (ownError as { code: string }).code === (otherError as { code: string }).code ? 1 : 0,
    otherClass: other.TcpError !== required.TcpError && otherError instanceof other.TcpError ? 1 : 0,
    stillOpen: (await idle.request('idle\n', { line: true })) === 'idle' ? 1 : 0
  })
  server.close()
  await idle.close()
}

main()
