// Does jobs a number at a time; knows nothing of what they are.

/** Calls `job(0)` … `job(count - 1)`, never more than `width` of them at once; the answers in order. */
export async function atOnce(count, width, job) {
  const answers = new Array(count)
  let next = 0
  const worker = async () => {
    while (next < count) {
      const number = next++
      answers[number] = await job(number)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker))
  return answers
}
