import type { Dialect } from '@posthouse/client'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { defaultPort, defaultUrl } from './default-hub.ts'
import { checked } from './option-values.ts'

/** Options of every command that talks to a hub. */
export interface HubAccess {
  /** Default: see `hubUrl`. */
  readonly url?: string
  readonly id?: string
  readonly dialect?: Dialect
  readonly token?: string
  readonly tokenFile?: string
  /** PEM file with certificates that are trusted besides those of the platform. */
  readonly ca?: string
  readonly json?: boolean
}

/** Adds the words of `HubAccess` to a command. */
export function withHubAccess(command: Command): Command {
  return command
    .option('--id <client>', 'client id to log in with (default: a new one)')
    .option('--json', 'print JSON')
    .optionsGroup('The hub:')
    .option('--url <url>', `its address (default: $POSTHOUSE_URL, or ${defaultUrl})`, checked(parseUrl))
    .addOption(
      new Option('--dialect <dialect>', 'the wire dialect').choices(['json', 'msgpack', 'cross_comm']).default('json'),
    )
    .option('--token-file <file>', 'file with the token to log in with (default: $POSTHOUSE_TOKEN)')
    .addOption(
      new Option('--token <token>', 'the token itself: unsafe, other users can read it in the process list').conflicts(
        'tokenFile',
      ),
    )
    .option('--ca <file>', 'PEM file with a certificate to trust, for a hub with a private certificate')
}

/**
 * Checks the word after `--url`; `host`, `host:port` and `http(s)://` are understood, too.
 * @throws PosthouseError `invalid_option`
 */
function parseUrl(word: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(word) ? word : `ws://${word}`
  const url = URL.canParse(scheme) ? new URL(scheme) : undefined
  const protocols: Readonly<Record<string, string>> = { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' }
  const protocol = url && protocols[url.protocol]
  if (url === undefined || protocol === undefined || url.hostname === '') {
    throw new PosthouseError(
      'invalid_option',
      `${JSON.stringify(word)} is no hub address: write ws://host:${defaultPort}`,
    )
  }
  const rest = scheme.slice(scheme.indexOf('://'))
  const plain = url.pathname === '/' && !rest.endsWith('/') ? rest : rest.replace(/\/$/, '')
  const named = url.port === '' && scheme !== word ? `${plain}:${defaultPort}` : plain
  return `${protocol}${named.slice(1)}`
}

/**
 * Where commands look for a hub: what `--url` or else `POSTHOUSE_URL` names, or this computer.
 * @throws PosthouseError `invalid_option`
 */
export function hubUrl({ url }: HubAccess, named: string | undefined = process.env.POSTHOUSE_URL): string {
  if (url !== undefined) return url
  if (named === undefined || named === '') return defaultUrl
  try {
    return parseUrl(named)
  } catch (cause) {
    throw new PosthouseError('invalid_option', `POSTHOUSE_URL: ${reasonOf(cause)}`, { cause })
  }
}
