// A pull reader over `net` as a careful programmer writes it by hand: a list of chunks, copies only where an answer
// spans several, searches that go on where they stopped, back-pressure. No deadlines, no abort, one read at a time.

/** Bytes kept unread before the socket is paused. */
const HIGH = 1 << 20
const LINE_FEED = 10

export class Reader {
  #socket
  #chunks = []
  /** Bytes of the first chunk already taken. */
  #offset = 0
  #size = 0
  #ended = false
  #error = null
  #wake = null
  /** Bytes that must be there before a waiting read is woken. */
  #wanted = 0

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#size += chunk.length
      if (!this.#wake) {
        if (this.#size > HIGH) socket.pause()
      } else if (this.#size >= this.#wanted) this.#settle()
    })
    socket.on('end', () => this.#finish(null))
    socket.on('error', (error) => this.#finish(error))
  }

  async readExactly(length) {
    if (this.#size < length) await this.#need(length)
    return this.#take(length)
  }

  /** A line without its line feed; the unfinished rest, then null, at the end. */
  async readLine() {
    return this.#bufferedLine() ?? this.#awaitedLine()
  }

  async *lines() {
    for (;;) {
      const line = this.#bufferedLine() ?? (await this.#awaitedLine())
      if (line === null) return
      yield line
    }
  }

  /** The payload behind a 32-bit big-endian length; null at the end. */
  async readFrame() {
    if (this.#size < 4 && !(await this.#frameBegins())) return null
    const length = this.#frameLength()
    if (this.#size < length) await this.#need(length)
    return this.#take(length)
  }

  async *frames() {
    for (;;) {
      if (this.#size < 4 && !(await this.#frameBegins())) return
      const length = this.#frameLength()
      if (this.#size < length) await this.#need(length)
      yield this.#take(length)
    }
  }

  /** Bytes up to and including the marker. */
  async readUntil(marker) {
    let searched = 0
    let index = 0
    for (;;) {
      for (; index < this.#chunks.length; index++) {
        const from = index === 0 ? this.#offset : 0
        const across = index > 0 ? this.#across(index, marker) : -1
        if (across >= 0) return this.#take(searched - across + marker.length)
        const at = this.#chunks[index].indexOf(marker, from)
        if (at >= 0) return this.#take(searched + at - from + marker.length)
        searched += this.#chunks[index].length - from
      }
      await this.#need(this.#size + 1)
    }
  }

  /** How many bytes before chunk `index` a marker begins that lies across its start; -1 if none does. */
  #across(index, marker) {
    const most = marker.length - 1
    let tail = Buffer.alloc(0)
    for (let i = index - 1; i >= 0 && tail.length < most; i--) {
      const chunk = i === 0 ? this.#chunks[0].subarray(this.#offset) : this.#chunks[i]
      tail = Buffer.concat([chunk.subarray(Math.max(0, chunk.length - most + tail.length)), tail])
    }
    const at = Buffer.concat([tail, this.#chunks[index].subarray(0, most)]).indexOf(marker)
    return at < 0 ? -1 : tail.length - at
  }

  async #frameBegins() {
    if (await this.#more(4)) return true
    if (this.#size) throw new Error('the stream ended in mid frame')
    return false
  }

  #frameLength() {
    const [first] = this.#chunks
    if (this.#offset + 4 > first.length) return this.#take(4).readUInt32BE(0)
    const length = first.readUInt32BE(this.#offset)
    this.#skip(4)
    return length
  }

  /** The usual case, a line within the first chunk: no array, no copy. */
  #bufferedLine() {
    const chunk = this.#chunks[0]
    if (!chunk) return null
    const at = chunk.indexOf(LINE_FEED, this.#offset)
    if (at < 0) return null
    const line = chunk.latin1Slice(this.#offset, at)
    this.#skip(at + 1 - this.#offset)
    return line
  }

  async #awaitedLine() {
    let searched = 0
    let index = 0
    for (;;) {
      for (; index < this.#chunks.length; index++) {
        const from = index === 0 ? this.#offset : 0
        const at = this.#chunks[index].indexOf(LINE_FEED, from)
        if (at >= 0) {
          const line = this.#take(searched + at - from + 1)
          return line.latin1Slice(0, line.length - 1)
        }
        searched += this.#chunks[index].length - from
      }
      if (!(await this.#more(this.#size + 1))) return this.#size ? this.#take(this.#size).latin1Slice() : null
    }
  }

  #take(length) {
    const first = this.#chunks[0]
    const end = this.#offset + length
    if (first && end <= first.length) {
      const bytes = first.subarray(this.#offset, end)
      this.#skip(length)
      return bytes
    }
    const bytes = Buffer.allocUnsafe(length)
    let filled = 0
    let used = 0
    while (filled < length) {
      const chunk = this.#chunks[used]
      const from = used === 0 ? this.#offset : 0
      const count = chunk.copy(bytes, filled, from, Math.min(chunk.length, from + length - filled))
      filled += count
      this.#offset = from + count
      if (this.#offset < chunk.length) break
      this.#offset = 0
      used++
    }
    this.#chunks.splice(0, used)
    this.#size -= length
    return bytes
  }

  /** Drops bytes of the first chunk. */
  #skip(length) {
    this.#offset += length
    this.#size -= length
    if (this.#offset < this.#chunks[0].length) return
    this.#chunks.shift()
    this.#offset = 0
  }

  async #need(length) {
    if (!(await this.#more(length))) throw new Error('the stream ended in mid read')
  }

  /** Waits until `length` bytes are there; false if the stream ends before. */
  #more(length) {
    if (this.#error) return Promise.reject(this.#error)
    if (this.#ended) return Promise.resolve(false)
    this.#wanted = length
    return new Promise((resolve, reject) => {
      this.#wake = { resolve, reject }
      this.#socket.resume()
    })
  }

  #finish(error) {
    this.#ended = true
    this.#error = error
    if (this.#wake) this.#settle()
  }

  #settle() {
    const { resolve, reject } = this.#wake
    this.#wake = null
    if (this.#error) reject(this.#error)
    else resolve(!this.#ended)
  }
}
