// Connects, reads one line, and reads nothing until told; then reads everything. Reports what memory waiting took.

import { connect } from '../helpers/transport'
import { report, residentMemory, told } from './measures'

const port = Number(process.argv[2])

async function main(): Promise<void> {
  const client = await connect({ host: '127.0.0.1', port })
  await client.readLine()
  const before = residentMemory()
  console.log('idle')
  await told()
  const grown = residentMemory() - before
  const { buffered } = client
  let rest = 0
  for await (const chunk of client) rest += chunk.length
  report({ grown, buffered, rest })
  await client.close()
}

main()
