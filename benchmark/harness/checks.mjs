// What each stream of the far end must have brought; a wrong result is an error, not a fast time. Knows nothing of clients.
import assert from 'node:assert/strict'

export const PING = 64
export const MEBIBYTE = 1 << 20
export const TOKEN = '<end-of-message>'
export const ANSWER = 'one answer, and the connection ends\n'

/** Counts, and compares the count with what was to come. */
class Check {
  count = 0

  constructor(units) {
    this.units = units
  }

  done() {
    assert.equal(this.count, this.units, `${this.count} of ${this.units} came`)
  }
}

/** Echoes of 64 bytes that begin with their number modulo 256. */
export class PongCheck extends Check {
  pong(bytes, number) {
    if (bytes.length !== PING || bytes[0] !== (number & 0xff)) assert.fail(`pong ${number} is wrong`)
    this.count++
  }
}

/** Lines of 99 characters whose first ten are their number: the last digit shows loss, doubling and disorder. */
export class LineCheck extends Check {
  line(text) {
    if (text.length !== 99 || text.charCodeAt(9) !== 48 + (this.count % 10)) {
      assert.fail(`line ${this.count} is wrong: ${text}`)
    }
    this.count++
  }

  lines(texts) {
    for (const text of texts) this.line(text)
  }
}

/** Payloads of 64 bytes that begin with their number modulo 256. */
export class FrameCheck extends Check {
  frame(payload) {
    if (payload.length !== 64 || payload[0] !== (this.count & 0xff)) assert.fail(`frame ${this.count} is wrong`)
    this.count++
  }
}

/** Bytes whose value follows from their place: first and last of each piece are looked at; units are MiB. */
export class BytesCheck extends Check {
  #position = 0

  piece(piece) {
    const last = this.#position + piece.length - 1
    if (piece[0] !== byteAt(this.#position) || piece[piece.length - 1] !== byteAt(last)) {
      assert.fail(`the piece at ${this.#position} is wrong`)
    }
    this.#position = last + 1
    this.count = this.#position / MEBIBYTE
  }
}

function byteAt(position) {
  const i = position % MEBIBYTE
  return (i ^ (i >> 8) ^ (i >> 16)) & 0xff
}

/** Messages that end with the token; units are MiB. */
export class MessageCheck extends Check {
  /** @param {Uint8Array} bytes a message, its token included */
  message(bytes, length, token = TOKEN) {
    if (bytes.length !== length || bytes.toString('latin1', length - token.length) !== token) {
      assert.fail(`a message of ${bytes.length} bytes is wrong`)
    }
    this.count += length / MEBIBYTE
  }
}

/** Answers to `ask`. */
export class AnswerCheck extends Check {
  answer(text) {
    if (text !== ANSWER) assert.fail(`the answer is wrong: ${text}`)
    this.count++
  }
}

/** Answers to `ask` over TLS, each after a handshake of the kind that is measured. */
class HandshakeCheck extends AnswerCheck {
  handshake(text, resumed) {
    assert.equal(resumed, this.resumed, `a handshake was ${resumed ? '' : 'not '}resumed`)
    this.answer(text)
  }
}

export class FullHandshakeCheck extends HandshakeCheck {
  resumed = false
}

export class ResumedHandshakeCheck extends HandshakeCheck {
  resumed = true
}

/** Full handshakes, and nothing after. */
export class SecuredCheck extends Check {
  secured(resumed) {
    if (resumed) assert.fail('a handshake was resumed')
    this.count++
  }
}

/** Writes of 64 bytes, by what the sink says it has counted. */
export class SinkCheck extends Check {
  total(answer) {
    this.count = Number(answer) / PING
  }
}
