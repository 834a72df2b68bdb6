// Who is told when a signal is aborted; knows signals alone.

type Act = () => void

// One listener for each signal, however many operations it is for: Node warns of a leak from the eleventh on.
const told = new WeakMap<AbortSignal, { acts: Set<Act>; listener: Act }>()

/** Calls `act` when the signal is aborted, unless the returned function is called before. */
export function onAbort(signal: AbortSignal, act: Act): Act {
  const { acts, listener } = told.get(signal) ?? listen(signal)
  acts.add(act)
  return () => {
    if (!acts.delete(act) || acts.size > 0) return
    signal.removeEventListener('abort', listener)
    told.delete(signal)
  }
}

function listen(signal: AbortSignal): { acts: Set<Act>; listener: Act } {
  const acts = new Set<Act>()
  const listener = (): void => {
    for (const act of acts) act()
  }
  const entry = { acts, listener }
  told.set(signal, entry)
  signal.addEventListener('abort', listener)
  return entry
}
