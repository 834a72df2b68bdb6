// What a target's tests cannot do for want of something that is not ours, each with its reason; there is no other list.
// Fewer than ten in all: a failure is a bug of ours until the opposite is shown.

/** `file` is under `build/test`; without a `title` all of it is left out. `targets` are names of `targets.mjs`. */
export const skips = []

/** The limit that the project sets itself, over all targets. */
export const MOST = 9

export function skipsOf(target) {
  return skips.filter(({ targets }) => targets.includes(target.name))
}
