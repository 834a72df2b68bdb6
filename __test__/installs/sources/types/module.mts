// An ES module's import of the types; never run.

import { type ConnectOptions, connect, processRequest, TcpClient, TcpError } from 'tcpull'

const options: ConnectOptions = { timeout: 1_000, signal: new AbortController().signal }
const client: TcpClient = await connect({ host: 'localhost', port: 1 }, options)
const answer: Buffer = await processRequest('localhost:1', 'ask\n')
const same: typeof connect = TcpClient.connect
// @ts-expect-error a line may be null, so the declarations are known and strict
const never: string = await client.readLine()
// @ts-expect-error the class has no such method
client.readEverything()
for await (const chunk of client) chunk.subarray(1)
for await (const batch of client.lines().batches()) batch.map((line) => line.length)
const code: string | undefined = await client.end().then(
  () => undefined,
  (error) => (error instanceof TcpError ? error.code : undefined)
)

export { answer, code, never, same }
