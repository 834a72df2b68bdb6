// A registry on loopback that holds what is published to it and knows no other: nothing can come from elsewhere.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// No uplinks. JSON is YAML.
const CONFIG = {
  storage: './storage',
  auth: { htpasswd: { file: './htpasswd' } },
  packages: { '**': { access: '$all', publish: '$all' } },
  web: { enable: false },
  log: { type: 'stdout', format: 'pretty', level: 'warn' },
  max_body_size: '100mb'
}

// Half-seconds; it is there after two seconds.
const ATTEMPTS = 120

/** Starts verdaccio out of the tools' folder; gives its address, a way to publish to it, and its end. */
export async function startRegistry(tools) {
  const folder = mkdtempSync(join(tmpdir(), 'tcpull-registry-'))
  const log = join(folder, 'log')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(CONFIG))
  const script = join(tools, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
  const output = openSync(log, 'w')
  const args = [script, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', output, output] })
  const ended = once(child, 'exit')

  const stop = async () => {
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; !(await answers(url)); attempt++) {
    if (child.exitCode !== null || attempt === ATTEMPTS) {
      const said = readFileSync(log, 'utf8')
      await stop()
      throw new Error(`The registry did not start:\n${said}`)
    }
    await sleep(500)
  }
  return { url, stop, publish: (path) => publish(folder, url, path) }
}

/** Publishes a tarball or a folder, as anybody: the registry asks for no account, but npm for a token. */
function publish(folder, url, path) {
  const userconfig = join(folder, 'npmrc')
  writeFileSync(userconfig, `${url.slice('http:'.length)}:_authToken=anybody\n`)
  const args = ['publish', '--loglevel=error', `--registry=${url}`, `--userconfig=${userconfig}`, path]
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${path} could not be published:\n${stdout}${stderr}`)
}

async function answers(url) {
  return fetch(`${url}-/ping`).then(
    ({ ok }) => ok,
    () => false
  )
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
