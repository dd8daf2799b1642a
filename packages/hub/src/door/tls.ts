import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Server as HttpsServer } from 'node:https'
import { resolve } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { type Clock, type Logger, PosthouseError, reasonOf } from '@posthouse/core'
import { aText, optionsOf, type Rule, secretly } from '@posthouse/core/options'
import { FileWatch } from '../file-watch.ts'

/** The files of a hub that speaks TLS, all PEM. */
export interface TlsOptions {
  /** The certificate, and behind it those that lead to a known authority. */
  readonly cert: string
  /** The private key of the certificate. */
  readonly key: string
  /** What the key is encrypted with. Default: it is not. */
  readonly passphrase?: string
  /** The certificates that lead to a known authority, where `cert` does not hold them. */
  readonly ca?: string
}

export const tlsRule: Rule = optionsOf<TlsOptions>(
  { cert: aText, key: aText, passphrase: secretly(aText), ca: aText },
  'cert',
  'key',
)

/** What reading certificates needs. */
interface TlsParts {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Reads the files and proves that they belong together. A certificate that is not valid now is used, and logged.
 * @throws PosthouseError `tls_file`
 */
export function readTls(options: TlsOptions, { clock, logger }: TlsParts): SecureContextOptions {
  const chain = [options.cert, ...(options.ca === undefined ? [] : [options.ca])].map(readText).join('\n')
  const { cert: path, passphrase } = options
  const certificate = certificateOf(chain, path)
  const key = readText(options.key)
  assertPair(certificate, { key, passphrase }, options)
  const context = { cert: chain, key, ...(passphrase !== undefined && { passphrase }) }
  try {
    createSecureContext(context)
  } catch (cause) {
    throw problem(path, `it cannot be used: ${reasonOf(cause)}`, cause)
  }
  const { validFromDate, validToDate } = certificate
  const now = clock.now()
  if (now < validFromDate.getTime() || now > validToDate.getTime()) {
    logger.warn('the certificate is not valid now', { file: path, from: validFromDate, to: validToDate })
  }
  return context
}

/**
 * Has a server use the files as they are after each change, until it closes. What cannot be used is logged, and the old
 * ones stay. Returns what has them read at once, changed or not, for folders that cannot be watched.
 */
export function renewTls(server: HttpsServer, options: TlsOptions, parts: TlsParts): () => void {
  const { logger } = parts
  const files = [options.cert, options.key, ...(options.ca === undefined ? [] : [options.ca])].map((file) =>
    resolve(file),
  )
  const contents = (): string => JSON.stringify(files.map(textOrNothing))
  let known = contents()
  const renew = (): void => {
    known = contents()
    try {
      server.setSecureContext(readTls(options, parts))
      logger.info('the certificate was read again', { file: options.cert })
    } catch (error) {
      logger.error('the certificate could not be read again; the old one stays', { reason: reasonOf(error) })
    }
  }
  const renewChanged = (): void => {
    if (contents() !== known) renew()
  }
  const watch = new FileWatch(files, renewChanged, (error) =>
    logger.error('changes of the certificate will not be noticed', { reason: reasonOf(error) }),
  )
  server.once('close', () => watch[Symbol.dispose]())
  return renew
}

function certificateOf(chain: string, path: string): X509Certificate {
  try {
    return new X509Certificate(chain)
  } catch (cause) {
    throw problem(path, 'it holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----', cause)
  }
}

function assertPair(
  certificate: X509Certificate,
  secret: { readonly key: string; readonly passphrase: string | undefined },
  { cert, key: path }: TlsOptions,
): void {
  let fits: boolean
  try {
    const { key, passphrase } = secret
    fits = certificate.checkPrivateKey(createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) }))
  } catch (cause) {
    // What OpenSSL says here differs by version and says nothing to people.
    const how = secret.passphrase === undefined ? 'if it is encrypted, give the passphrase' : 'is the passphrase right?'
    throw problem(path, `it holds no private key in PEM that can be read; ${how}`, cause)
  }
  if (!fits) throw problem(path, `it is not the key of the certificate in ${cert}`)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw problem(path, `it cannot be read: ${reasonOf(cause)}`, cause)
  }
}

function textOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function problem(path: string, reason: string, cause?: unknown): PosthouseError {
  return new PosthouseError('tls_file', `${path}: ${reason}`, { cause })
}
