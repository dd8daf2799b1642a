import { refusal } from '@posthouse/core/options'

const form = /^(?:(.)?([<>^]))?(\d{1,3})?(?:\.(\d{1,3}))?$/u

/**
 * Makes what brings a text to the width that a specification such as ` <8`, `>4`, `^10` or `.20` asks for.
 * @throws PosthouseError `invalid_option`
 */
export function padding(specification: string): (text: string) => string {
  const match = form.exec(specification)
  if (match === null) throw refusal('a width in a format', 'like "<8", ">4", "^10" or ".20"', specification)
  const [, fill = ' ', side = '<', width = '0', most] = match
  const cut = most === undefined ? Number.POSITIVE_INFINITY : Number(most)
  return (text) =>
    pad(text.length > cut ? text.slice(0, isSplitAt(text, cut) ? cut - 1 : cut) : text, {
      fill,
      side,
      width: Number(width),
    })
}

/** Whether a character that takes two places, as most emoji do, would be cut in half. */
function isSplitAt(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff
}

interface Space {
  readonly fill: string
  readonly side: string
  readonly width: number
}

function pad(text: string, { fill, side, width }: Space): string {
  if (text.length >= width) return text
  if (side === '<') return text.padEnd(width, fill)
  if (side === '>') return text.padStart(width, fill)
  return text.padStart(text.length + Math.floor((width - text.length) / 2), fill).padEnd(width, fill)
}
