/** Endings that make a name one of something secret, in small letters and without `-`, `_`, `.` and spaces. */
const endings =
  /(?:authorization|cookies?|password|passwd|passphrase|passcode|secret|secrets|token|apikey|accesskey|secretkey|privatekey|signingkey|encryptionkey|credentials?)$/
/** Names that are secret only as a whole. */
const whole = new Set([
  'pwd',
  'pass',
  'jwt',
  'pin',
  'otp',
  'bearer',
  'sessionid',
  'sid',
  'csrf',
  'xsrf',
  'sshkey',
  'userpass',
])
const separators = /[-_.\s]/g
/** As many names as programs have; one that makes them up would fill memory otherwise. */
const mostRemembered = 5000

/** Names that are added to those known, and names that are no secrets after all. */
export interface NameRules {
  readonly names: readonly string[]
  readonly allow: readonly string[]
}

/** Makes what judges whether the value under a name is to be hidden. */
export function secretNames({ names, allow }: NameRules): (name: string) => boolean {
  const added = new Set(names.map(plain))
  const allowed = new Set(allow.map(plain))
  const known = new Map<string, boolean>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const bare = plain(name)
    const secret = !allowed.has(bare) && (added.has(bare) || whole.has(bare) || endings.test(bare))
    if (known.size < mostRemembered) known.set(name, secret)
    return secret
  }
}

function plain(name: string): string {
  return decoded(name.slice(0, 200)).toLowerCase().replace(separators, '')
}

function decoded(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
