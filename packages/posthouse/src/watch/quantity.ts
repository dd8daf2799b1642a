const units = ['', 'k', 'M', 'G', 'T'] as const

/** A number in at most five characters: `12`, `1.2k`, `34M`. */
export function short(value: number): string {
  if (value > 0 && value < 9.95 && !Number.isInteger(value)) return value.toFixed(1)
  let [scaled, unit] = [Math.round(value), 0]
  while (scaled >= 1000 && unit < units.length - 1) [scaled, unit] = [scaled / 1000, unit + 1]
  const text = unit > 0 && scaled < 9.95 ? scaled.toFixed(1) : String(Math.round(scaled))
  return `${text}${units[unit] ?? ''}`
}

/** A number of bytes, as `short`. */
export function bytes(value: number): string {
  return `${short(value)}B`
}

/** A time span in its two largest units: `3d 4h`, `5m 6s`. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([amount, unit]) => `${amount}${unit}`).join(' ')
}
