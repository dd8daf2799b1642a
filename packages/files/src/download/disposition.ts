/** What Windows does not let a file be called, whatever its extension. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
/** What some system or some browser reads as something else, the marks that turn the direction of text included. */
const unsafe = /["*/:<>?\\|\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** A content disposition that has a file saved, under a name that no system reads as anything but a name (RFC 6266). */
export function dispositionOf(name: string): string {
  const safe = safeName(name)
  const ascii = safe.replace(/[^\x20-\x7e]|%/g, '_')
  const encoded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return ascii === safe
    ? `attachment; filename="${ascii}"`
    : `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

/** The name without what could lead elsewhere. */
function safeName(name: string): string {
  const plain = name
    .toWellFormed()
    .normalize('NFC')
    .replace(unsafe, '_')
    .replace(/[. ]+$/, '')
    .replace(/^\.+/, '_')
  if (plain === '') return 'file'
  return reserved.test(plain) ? `_${plain}` : plain
}
