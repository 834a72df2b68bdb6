// Declares tests that talk to a real server: skipped where it is not installed; in CI that is a failure. Knows no servers.

import test, { type ExecutionContext } from 'ava'
import { type Files, isInstalled, type ServerName, type Started, start } from './servers'

const shared = new Map<string, Promise<Started>>()

test.after.always('stop the servers', async () => {
  await Promise.all([...shared.values()].map((server) => server.then(({ stop }) => stop()).catch(() => {})))
})

/** A test with one server of a kind, shared with the file's other tests of that kind. */
export function withServer(
  name: ServerName,
  title: string,
  run: (t: ExecutionContext, server: Started) => Promise<void>
): void {
  needing([name], title, async (t) => run(t, await sharedServer(name)))
}

/** The server of a kind that all tests of a file share. */
export function sharedServer(name: ServerName): Promise<Started> {
  return sharing(name, () => start(name))
}

/** The server of TLS in front of the shared one of a kind. */
export function sharedFront(name: ServerName): Promise<Started> {
  return sharing(`${FRONT} in front of ${name}`, async () => start(FRONT, [], undefined, await sharedServer(name)))
}

/** What {@link sharedFront} needs beside the server. */
export const FRONT = 'stunnel'

function sharing(what: string, begin: () => Promise<Started>): Promise<Started> {
  const server = shared.get(what) ?? begin()
  shared.set(what, server)
  return server
}

/** Starts a server for one test, with more arguments and other files than the usual ones. */
export type Launch = (more?: readonly string[], files?: Files) => Promise<Started>

export type Run = (t: ExecutionContext, launch: Launch) => Promise<void>

/** A test that starts servers of a kind, each stopped when it ends. */
export function launching(name: ServerName, title: string, run: Run): void {
  needing([name], title, (t) =>
    run(t, async (...given) => {
      const server = await start(name, ...given)
      t.teardown(server.stop)
      return server
    })
  )
}

/** A test that needs servers of these kinds, which it starts itself. */
export function needing(
  names: readonly ServerName[],
  title: string,
  run: (t: ExecutionContext) => Promise<void>
): void {
  const missing = names.filter((name) => !isInstalled(name))
  const whole = `${names.join(', ')}: ${title}`
  if (missing.length > 0 && process.env['CI'] !== 'true') {
    console.error(`${missing.join(', ')} not installed: skipping "${whole}"`)
    test.skip(whole, () => {})
    return
  }
  test(whole, async (t) => {
    t.deepEqual(missing, [], 'not installed')
    await run(t)
  })
}
