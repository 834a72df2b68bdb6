// A test of a user's under Vitest.

import * as tcpull from 'tcpull'
import { expect, test, vi } from 'vitest'
import { converse } from '../conversation.cjs'

test('talks and gets its own errors', async () => {
  const { error, ...rest } = await converse(tcpull)
  expect(rest).toEqual({ line: 'hello', code: 'ETIMEDOUT', isTcpError: true })
  expect(error).toBeInstanceOf(Error)
  await expect(tcpull.connect('not an address')).rejects.toThrow(TypeError)
})

test('imported anew it talks again', async () => {
  vi.resetModules()
  expect((await converse(await import('tcpull'))).line).toBe('hello')
})
