import { createHash, type X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions, type SecureVersion, type TLSSocket } from 'node:tls'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { aFlag, aText, either, listOf, oneOf, optionsOf, type Rule, secretly } from '@posthouse/core/options'

/** How servers prove who they are, and how this client does. Files are given by their content. */
export interface TlsOptions {
  /** Whether certificates are verified. Default true. False warns once, and anyone on the way can read and change all. */
  readonly verify?: boolean
  /** Authorities to trust instead of the machine's, in PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** Client certificate with its chain, in PEM. */
  readonly cert?: string | Uint8Array
  /** Private key of `cert`, in PEM. */
  readonly key?: string | Uint8Array
  /** Client certificate and key together, in PKCS #12. */
  readonly pfx?: Uint8Array
  /** Opens `key` or `pfx`. */
  readonly passphrase?: string
  /**
   * SHA-256 hashes in base64 of public keys (SubjectPublicKeyInfo, as in RFC 7469). One of them must be the key of the server's
   * certificate, or of an authority that it was issued by. Verified also where `verify` is false.
   */
  readonly pins?: readonly string[]
  /** Name to verify and to ask for instead of the URL's host. */
  readonly servername?: string
  /** Oldest version to speak. Default Node's, TLSv1.2. */
  readonly minVersion?: SecureVersion
}

const bytes: Rule = { words: 'bytes', holds: (value) => ArrayBuffer.isView(value) }
const content = secretly(either(aText, bytes))

export const tlsRule: Rule & Pick<Required<Rule>, 'within'> = optionsOf<TlsOptions>({
  verify: aFlag,
  ca: secretly(either(content, listOf('such', content))),
  cert: content,
  key: content,
  pfx: secretly(bytes),
  passphrase: secretly(aText),
  pins: listOf('texts', aText),
  servername: aText,
  minVersion: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
})

/** Those of the options that Node's TLS takes. @throws PosthouseError `invalid_option` */
export function tlsSettings(options: TlsOptions): Record<string, unknown> {
  const { verify, pins, ...settings } = options
  for (const pin of pins ?? []) hashOf(pin)
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new PosthouseError('invalid_option', 'tls: a client certificate needs both, cert and key')
  }
  checkReadable(options)
  return {
    ...settings,
    rejectUnauthorized: verify !== false,
    // A resumed session shows no certificate that could be held against the pins.
    ...((pins?.length ?? 0) > 0 ? { maxCachedSessions: 0 } : {}),
  }
}

/** What cannot be read, as for a wrong passphrase, would otherwise fail at each connection. */
function checkReadable({ ca, cert, key, pfx, passphrase }: TlsOptions): void {
  if (ca === undefined && cert === undefined && pfx === undefined) return
  if ([ca ?? []].flat().some(isNoPem)) {
    throw new PosthouseError(
      'invalid_option',
      'tls.ca holds no certificate in PEM; it takes the content of a file, not its path',
    )
  }
  try {
    // Node takes all that these options can be; its types want arrays that may be changed.
    createSecureContext({ ca, cert, key, pfx, passphrase } as SecureContextOptions)
  } catch (cause) {
    throw new PosthouseError('invalid_option', `tls: a certificate or key cannot be read: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

/** Node would take it without a word, and trust nobody. */
function isNoPem(authority: string | Uint8Array): boolean {
  return typeof authority === 'string' && authority.trim() !== '' && !authority.includes('-----BEGIN ')
}

/** Says why the server's certificate does not fit the pins; nothing where it does. */
export function pinProblem(socket: TLSSocket, pins: readonly string[]): PosthouseError | undefined {
  if (pins.length === 0) return undefined
  const wanted = new Set(pins.map(hashOf))
  const seen = chainOf(socket).map(publicKeyHash)
  if (seen.some((hash) => wanted.has(hash))) return undefined
  const shown = seen.length === 0 ? 'it showed no certificate' : `its key is ${seen[0]}`
  return new PosthouseError('tls_failed', `the server has none of the pinned keys: ${shown}`)
}

/** The server's certificate and who issued it. A server may send certificates that did not sign its own; they end the chain. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let next = socket.getPeerX509Certificate(); next !== undefined && chain.length < 10; ) {
    const issuer: X509Certificate | undefined = next.issuerCertificate
    chain.push(next)
    const signed =
      issuer !== undefined && issuer.fingerprint256 !== next.fingerprint256 && next.verify(issuer.publicKey)
    next = signed ? issuer : undefined
  }
  return chain
}

/** The hash by which a certificate's key is pinned. */
export function publicKeyHash(certificate: X509Certificate): string {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

function hashOf(pin: string): string {
  const hash = pin.replace(/^(sha256\/|sha256:)/, '')
  if (Buffer.from(hash, 'base64').length === 32) return Buffer.from(hash, 'base64').toString('base64')
  throw new PosthouseError('invalid_option', `tls.pins: ${JSON.stringify(pin)} is not a SHA-256 hash in base64`)
}

/** True for what Node and OpenSSL say of a certificate that they do not accept. */
export function isCertificateError(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && certificateCodes.test(code)
}

const certificateCodes =
  /^(ERR_TLS_CERT_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_SSL_(EE|CA)_KEY_TOO_SMALL|ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA))/
