// A short talk with an echo server of this process through a given copy of the package; gives what came of it.

const { once } = require('node:events')
const { createServer } = require('node:net')

exports.converse = async ({ connect, TcpError }) => {
  const server = createServer((socket) => socket.pipe(socket).on('error', () => {}))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = await connect({ host: '127.0.0.1', port: server.address().port })
  const line = await client.request('hello\n', { line: true })
  const error = await client.readLine({ timeout: 1 }).catch((error) => error)
  await client.close()
  server.close()
  return { line, code: error.code, isTcpError: error instanceof TcpError, error }
}

exports.report = ({ line, code, isTcpError }, more = {}) => {
  console.log(JSON.stringify({ line, code, isTcpError, ...more }))
}
