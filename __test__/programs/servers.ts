// Starts the real servers for tests that cannot, and prints their ports; runs, as they do, until it is killed.

import { serverNames, start } from '../helpers/servers'

async function main(): Promise<void> {
  const started = await Promise.all(serverNames.map(async (name) => [name, (await start(name)).port]))
  console.log(JSON.stringify(Object.fromEntries(started)))
}

main()
