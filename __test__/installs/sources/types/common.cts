// A CommonJS importer of the types; never run.

import tcpull = require('tcpull')

async function talk(): Promise<void> {
  const client: tcpull.TcpClient = await tcpull.connect('localhost:1', { timeout: 1_000 })
  const line: string | null = await client.readLine()
  const bytes: Buffer = await client.readExactly(4)
  // @ts-expect-error a line may be null, so the declarations are known and strict
  const never: string = await client.readLine()
  // @ts-expect-error no such option
  await tcpull.connect('localhost:1', { timeOut: 1 })
  for await (const text of client.lines()) text.toUpperCase()
  await client.close()
  void [line, bytes, never]
}

void talk().catch((error: unknown) => error instanceof tcpull.TcpError && error.code)
