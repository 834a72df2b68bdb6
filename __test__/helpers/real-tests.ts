// Declares tests that talk to a real server: skipped where it is not installed; in CI that is a failure. Knows no servers.

import test, { type ExecutionContext } from 'ava'
import { type Files, isInstalled, type ServerName, type Started, start } from './servers'

const shared = new Map<ServerName, Promise<Started>>()

test.after.always('stop the servers', async () => {
  for (const server of shared.values()) await server.then(({ stop }) => stop()).catch(() => {})
})

/** A test with one server of a kind, shared with the file's other tests of that kind. */
export function withServer(
  name: ServerName,
  title: string,
  run: (t: ExecutionContext, server: Started) => Promise<void>
): void {
  needing(name, title, async (t) => {
    const server = shared.get(name) ?? start(name)
    shared.set(name, server)
    await run(t, await server)
  })
}

/** Starts a server for one test, with more arguments and other files than the usual ones. */
export type Launch = (more?: readonly string[], files?: Files) => Promise<Started>

export type Run = (t: ExecutionContext, launch: Launch) => Promise<void>

/** A test that starts servers of a kind, each stopped when it ends. */
export function launching(name: ServerName, title: string, run: Run): void {
  needing(name, title, (t) =>
    run(t, async (...given) => {
      const server = await start(name, ...given)
      t.teardown(server.stop)
      return server
    })
  )
}

function needing(name: ServerName, title: string, run: (t: ExecutionContext) => Promise<void>): void {
  const isMissing = !isInstalled(name)
  if (isMissing && process.env['CI'] !== 'true') {
    console.error(`${name} is not installed: skipping "${name}: ${title}"`)
    test.skip(`${name}: ${title}`, () => {})
    return
  }
  test(`${name}: ${title}`, async (t) => {
    t.false(isMissing, `${name} is not installed`)
    await run(t)
  })
}
