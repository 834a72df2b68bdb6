// How long the event loop lets wait what comes to it; knows nothing of what holds it up.

/**
 * Looks once a millisecond until the function it returns is called, which tells the 99th percentile, in nanoseconds, of
 * what an event waits that comes at a random moment.
 *
 * `monitorEventLoopDelay` counts looks, not moments: a loop held up for 100 ms is one late look among hundreds in time,
 * though all that comes in these 100 ms waits. A loop that is never held up is said to let wait 1 ms, the time between
 * two looks.
 */
export function watchDelay() {
  const gaps = []
  let last = process.hrtime.bigint()
  const look = () => {
    const now = process.hrtime.bigint()
    gaps.push(Number(now - last))
    last = now
  }
  const timer = setInterval(look, 1)
  return () => {
    clearInterval(timer)
    look()
    return longestWait(gaps, 0.01)
  }
}

/** The wait that is exceeded in that share of the time, where what comes within a gap waits until the gap's end. */
export function longestWait(gaps, share) {
  const sorted = [...gaps].sort((a, b) => b - a)
  const exceeding = share * sorted.reduce((sum, gap) => sum + gap, 0)
  // Beyond a wait w lies gap - w of each longer gap: with the k longest gaps longer than w, their sum less k times w.
  let sum = 0
  for (let k = 1; k <= sorted.length; k++) {
    sum += sorted[k - 1]
    const wait = (sum - exceeding) / k
    if (wait >= (sorted[k] ?? 0)) return wait
  }
  return 0
}
