// A test of a user's under Jest, whose modules live in a context of their own.

const tcpull = require('tcpull')
const { converse } = require('../conversation.cjs')

test('talks and gets its own errors', async () => {
  const { error, ...rest } = await converse(tcpull)
  expect(rest).toEqual({ line: 'hello', code: 'ETIMEDOUT', isTcpError: true })
  expect(error).toBeInstanceOf(Error)
  await expect(tcpull.connect('not an address')).rejects.toThrow(TypeError)
})

test('loaded anew it talks again', async () => {
  jest.resetModules()
  const again = require('tcpull')
  expect(again).not.toBe(tcpull)
  expect((await converse(again)).line).toBe('hello')
})
