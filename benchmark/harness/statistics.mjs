// Medians of paired ratios; knows nothing of where the figures come from.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Peer ÷ ours, round by round (the two turns of one round are close in time), then the median and the extremes.
 * @returns {{ median: number, least: number, most: number } | undefined} undefined where no round has both
 */
export function ratio(peer, ours) {
  const ratios = peer.slice(0, ours.length).map((value, round) => value / ours[round])
  return ratios.length ? { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) } : undefined
}
