import { PosthouseError } from '@posthouse/core'

/** How much may be kept, and for how long. */
export interface FileLimits {
  /** The largest file, in bytes. Default 16 GiB. */
  readonly fileBytes: number
  /**
   * What the files of one client may take together, in bytes; equal content counts for each file, and each counts 4 KiB more than it has.
   * Default 64 GiB.
   */
  readonly clientBytes: number
  /** How long files are kept, in milliseconds; `Infinity`: until somebody removes them. Default 30 days. */
  readonly keepMs: number
  /** How long an upload that is not complete is kept after its last byte, in milliseconds. Default 24 hours. */
  readonly uploadMs: number
  /** How long a token for uploads holds, in milliseconds. Default 24 hours. */
  readonly tokenMs: number
  /** How long a URL to fetch from holds, in milliseconds. Default 10 minutes. */
  readonly urlMs: number
  /** How long an upload may be silent within a request, in milliseconds. Default 60 seconds. */
  readonly idleMs: number
}

/** The documented limits. */
export const defaultFileLimits: FileLimits = {
  fileBytes: 16 * 1024 ** 3,
  clientBytes: 64 * 1024 ** 3,
  keepMs: 30 * 86_400_000,
  uploadMs: 86_400_000,
  tokenMs: 86_400_000,
  urlMs: 600_000,
  idleMs: 60_000,
}

/** @throws PosthouseError `invalid_option` */
export function resolveFileLimits(wanted: Partial<FileLimits> = {}): FileLimits {
  const limits = { ...defaultFileLimits, ...wanted }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultFileLimits, name)) {
      const known = Object.keys(defaultFileLimits).join(', ')
      throw new PosthouseError('invalid_option', `there is no limit ${name}, only ${known}`)
    }
    const endless = value === Number.POSITIVE_INFINITY && name !== 'tokenMs' && name !== 'urlMs'
    if (endless || (Number.isSafeInteger(value) && value > 0)) continue
    throw new PosthouseError('invalid_option', `${name} must be a whole number above 0, not ${value}`)
  }
  return limits
}
