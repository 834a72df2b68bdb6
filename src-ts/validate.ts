// Checks of what users pass, before any I/O: each error names the value and the rule. Knows no options' meaning.

import { constants } from 'node:buffer'
import { inspect, types } from 'node:util'

/** The largest size one read may ask for: 2 GiB less one byte, or what a Buffer can hold, half of that on 32 bits. */
export const MAX_SIZE = Math.min(2 ** 31 - 1, constants.MAX_LENGTH)

type Code = 'ERR_INVALID_ARG_TYPE' | 'ERR_INVALID_ARG_VALUE' | 'ERR_OUT_OF_RANGE'

/** A `TypeError` or `RangeError` with one of Node's codes for a bad argument. */
export function invalid(code: Code, message: string): TypeError | RangeError {
  const error = code === 'ERR_OUT_OF_RANGE' ? new RangeError(message) : new TypeError(message)
  return Object.assign(error, { code })
}

export function show(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Infinity })
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** A whole number from `least` to {@link MAX_SIZE}. */
export function size(value: unknown, name: string, least = 1): number {
  if (typeof value !== 'number') {
    throw invalid('ERR_INVALID_ARG_TYPE', `${name} must be a number; got ${show(value)}`)
  }
  if (!Number.isInteger(value) || value < least || value > MAX_SIZE) {
    throw invalid('ERR_OUT_OF_RANGE', `${name} must be a whole number from ${least} to ${MAX_SIZE}; got ${show(value)}`)
  }
  return value
}

/** Milliseconds: any number from 0; 0 and `Infinity` mean no limit. */
export function milliseconds(value: unknown, name: string): number {
  if (typeof value !== 'number') {
    throw invalid('ERR_INVALID_ARG_TYPE', `${name} must be a number of milliseconds; got ${show(value)}`)
  }
  if (!(value >= 0)) {
    throw invalid('ERR_OUT_OF_RANGE', `${name} must be 0 (none) or more milliseconds; got ${show(value)}`)
  }
  return value === Infinity ? 0 : value
}

export function port(value: unknown, name: string, least = 1): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > 65535) {
    throw invalid('ERR_OUT_OF_RANGE', `${name} must be a whole number from ${least} to 65535; got ${show(value)}`)
  }
  return value
}

export function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') {
    throw invalid('ERR_INVALID_ARG_TYPE', `${name} must be true or false; got ${show(value)}`)
  }
  return value
}

export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalid('ERR_INVALID_ARG_TYPE', `${name} must be a string; got ${show(value)}`)
  return value
}

export function signal(value: unknown, name: string): AbortSignal {
  const candidate = value as Partial<AbortSignal> | null
  if (typeof candidate !== 'object' || typeof candidate?.aborted !== 'boolean' || !candidate.addEventListener) {
    throw invalid('ERR_INVALID_ARG_TYPE', `${name} must be an AbortSignal; got ${show(value)}`)
  }
  return candidate as AbortSignal
}

/** An options object, or nothing. */
export function options<T extends object>(value: T | undefined, name = 'options'): Partial<T> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) {
    throw invalid('ERR_INVALID_ARG_TYPE', `${name} must be an object; got ${show(value)}`)
  }
  return value
}

/** The bytes of any view or buffer, without a copy. */
function anyBytes(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value)
  const message = `${name} must be a Buffer, TypedArray, DataView or ArrayBuffer; got ${show(value)}`
  throw invalid('ERR_INVALID_ARG_TYPE', message)
}

/** Memory to read into. What is shared between threads is refused: another one may use it at any time. */
export function bytes(value: unknown, name: string): Uint8Array {
  const view = anyBytes(value, name)
  if (!types.isSharedArrayBuffer(view.buffer)) return view
  throw invalid('ERR_INVALID_ARG_VALUE', `${name} must not be over shared memory`)
}

/** Bytes to take; a copy of those that another thread may change. */
export function stable(value: unknown, name: string): Uint8Array {
  const view = anyBytes(value, name)
  return types.isSharedArrayBuffer(view.buffer) ? Uint8Array.prototype.slice.call(view) : view
}

/** Text as UTF-8, or bytes. */
export function data(value: unknown, name: string): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, 'utf8')
  return stable(value, name)
}

/** What a search looks for: text (as UTF-8) or bytes, one or more, none empty. */
export function markers(value: unknown, name: string): Uint8Array[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw invalid('ERR_INVALID_ARG_VALUE', `${name} must hold at least one marker; got []`)
  return list.map((item) => {
    const marker = data(item, name)
    if (marker.length === 0) throw invalid('ERR_INVALID_ARG_VALUE', `${name} must not be empty`)
    return marker
  })
}
