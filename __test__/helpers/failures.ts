// What tests expect of errors and of promises that must not hang; knows no connections.

import type { ExecutionContext } from 'ava'
import { TcpError } from 'tcpull'
import { within } from './within'

export { within }

/** The fields of an error that a test names; a value of `undefined` says that the field is absent. */
export type Shape = Partial<Record<keyof TcpError, unknown>>

/** The promise rejects with a `TcpError` of this shape; gives the error. */
export async function fails(t: ExecutionContext, promise: Promise<unknown>, shape: Shape): Promise<TcpError> {
  const error = await t.throwsAsync(within(promise), { any: true, instanceOf: TcpError })
  matches(t, error as TcpError, shape)
  return error as TcpError
}

/** The error is a `TcpError` of this shape. */
export function matches(t: ExecutionContext, error: TcpError | null, shape: Shape): void {
  const found = Object.fromEntries(Object.keys(shape).map((key) => [key, error?.[key as keyof TcpError]]))
  t.deepEqual(found, { ...shape }, error?.message)
}

/** What became of a promise, as text that can be compared. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    return shown(await within(promise))
  } catch (error) {
    const { code, message } = error as TcpError
    return code ?? message
  }
}

function shown(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
}
