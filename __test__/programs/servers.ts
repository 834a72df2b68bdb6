// Starts the real servers for tests that cannot: prints where it can be asked and for what, and runs until it is killed.

import { keep } from '../helpers/server-keeper'
import { programsHere } from '../helpers/servers'

async function main(): Promise<void> {
  console.log(JSON.stringify({ port: await keep(), programs: programsHere() }))
}

main()
