// Promises that must not hang, also of programs that have no binary to load; knows nothing of what they are for.

const GUARD = 60_000

/** The promise, or a failure when it hangs. The guard is generous: no test depends on how long things take. */
export async function within<T>(promise: Promise<T>, what = 'the call'): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const guard = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), GUARD)
  })
  try {
    return await Promise.race([promise, guard])
  } finally {
    clearTimeout(timer)
  }
}
