// Turns figures into the table and its verdicts; knows nothing of how they were got.
import { median, ratio } from './statistics.mjs'

/** The contestant all others are compared with. */
export const OURS = 'tcpull'

const HEAD = ['workload', 'contestant', 'one takes', '÷ tcpull', 'range', 'target', 'JS thread', 'process']

/** The figure that is compared, where it is not the time passed. */
const KEYS = { memory: 'bytes', cpu: 'process', delay: 'delay' }

/** Rows of one workload: ours first, then the peers in their order. */
export function rowsOf(workload, results) {
  const key = KEYS[workload.measure] ?? 'elapsed'
  const { unit, shown = { unit, count: 1 } } = workload
  const format = (figure) => (workload.measure === 'memory' ? size : duration)(figure * shown.count)
  const figures = (label, key) => results.get(label).turns.map((turn) => turn[key])
  return Object.keys(workload.contestants).map((label, index) => {
    const title = index ? '' : shown.unit ? `${workload.title}, per ${shown.unit}` : workload.title
    const { turns, error } = results.get(label)
    if (error) return [title, label, 'failed', '', '', '', '', '']
    const cpu = (key) => (turns[0][key] === undefined ? '' : format(median(figures(label, key))))
    const row = [title, label, format(median(figures(label, key)))]
    return [...row, ...compared(workload, label, results, key), cpu('thread'), cpu('process')]
  })
}

function compared(workload, label, results, key) {
  if (label === OURS) return ['', '', '']
  const of = (label) => results.get(label).turns.map((turn) => turn[key])
  const paired = ratio(of(label), of(OURS))
  if (!paired) return ['', '', '']
  const target = workload.targets?.[label]
  const verdict = target === undefined ? '' : `≥ ${plain(target)} ${paired.median >= target ? 'met' : 'MISSED'}`
  return [plain(paired.median), `${plain(paired.least)}–${plain(paired.most)}`, verdict]
}

/** A Markdown table, its columns aligned for the terminal as well. */
export function table(rows) {
  const all = [HEAD, ...rows]
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const line = (row) =>
    `| ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`
  const rule = widths.map((width, i) => (i < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(HEAD), line(rule), ...rows.map(line)].join('\n')
}

function plain(number) {
  return number.toFixed(number < 10 ? 2 : number < 100 ? 1 : 0)
}

function duration(nanoseconds) {
  if (nanoseconds < 1e3) return `${plain(nanoseconds)} ns`
  if (nanoseconds < 1e6) return `${plain(nanoseconds / 1e3)} µs`
  return `${plain(nanoseconds / 1e6)} ms`
}

function size(bytes) {
  return `${plain(bytes / 1024)} KiB`
}
