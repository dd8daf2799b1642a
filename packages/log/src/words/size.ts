import { refusal } from '@posthouse/core/options'

const form = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)(b?)$/i
const powers = ['', 'k', 'm', 'g', 't']

/**
 * Reads a size such as `10 MB`, `500 KB`, `1.5 GiB` or `4096`, in bytes. `KB` is 1,000 bytes and `KiB` is 1,024.
 * @throws PosthouseError `invalid_option`
 */
export function parseSize(name: string, size: string | number): number {
  const bytes = typeof size === 'number' ? size : readSize(size)
  if (bytes !== undefined && Number.isFinite(bytes) && bytes >= 1) return Math.floor(bytes)
  throw refusal(name, 'a size such as "10 MB", "500 KB" or "1 GiB"', size)
}

/** The bytes that `text` says, or nothing where it is no size. */
export function readSize(text: string): number | undefined {
  const [, amount, prefix = '', binary = '', unit = ''] = form.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  // "Mb" are megabits to some and a typing error to others.
  if (unit === 'b' && prefix !== '' && prefix !== prefix.toLowerCase()) return undefined
  if (binary !== '' && prefix === '') return undefined
  // "5 m" are minutes to whoever writes it.
  if (unit === '' && binary === '' && prefix === 'm') return undefined
  return Number(amount) * (binary === '' ? 1000 : 1024) ** powers.indexOf(prefix.toLowerCase())
}
