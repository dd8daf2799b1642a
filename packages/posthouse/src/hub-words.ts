import { isIP } from 'node:net'
import { PosthouseError } from '@posthouse/core'
import type { ChannelRule, HubOptions, LegacyRule, ListenOptions, TlsOptions } from '@posthouse/hub'
import { type Command, Option } from 'commander'
import { type AuthenticationWords, authenticatorOf, withAuthenticationWords } from './authentication.ts'
import { parseDuration, parseInterval } from './duration.ts'
import { checked, collected, parseBytes, parseCount, parseRate } from './option-values.ts'

/** What the words of `posthouse up` say about who may come in, and how much they may do. */
export interface HubWords extends AuthenticationWords {
  readonly insecure?: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly allowOrigin?: readonly string[]
  readonly legacy: boolean
  readonly legacyAllow?: readonly LegacyRule[]
  readonly messageRate?: number | false
  readonly byteRate?: number | false
  readonly connectRate?: number | false
  readonly maxConnections?: number
  readonly heartbeatInterval?: number
  readonly heartbeatTimeout?: number
  readonly channel?: readonly ChannelRule[]
}

/** Adds them to a command, in groups. */
export function withHubWords(command: Command): Command {
  addWhoMayComeIn(command)
  addLimits(command)
  addChannels(command)
  return command
}

function addWhoMayComeIn(command: Command): void {
  withAuthenticationWords(command.optionsGroup('Who may come in:'))
    .option('--tls-cert <file>', 'serve TLS with this certificate, in PEM form; needs --tls-key')
    .option('--tls-key <file>', 'the private key of the certificate')
    .option(
      '--insecure',
      'let other computers connect without authentication: anyone who reaches the port can read along',
    )
    .option(
      '--allow-origin <origin>',
      'also let pages of this origin connect; * for all; may be repeated',
      collected(parseOrigin),
    )
    .option(
      '--legacy-allow <ids[@networks]>',
      'let cross_comm programs with these ids connect, from these networks; may be repeated',
      collected(parseLegacyRule),
    )
    .addOption(new Option('--no-legacy', 'do not serve cross_comm programs').conflicts('legacyAllow'))
}

function addLimits(command: Command): void {
  const rate = checked(parseRate)
  command
    .optionsGroup('Limits:')
    .option('--message-rate <number>', 'frames per second of one client, or off (default: 200000)', rate)
    .option(
      '--byte-rate <bytes>',
      'bytes per second of one client, such as 512k, or off (default: 64M)',
      checked(parseBytes),
    )
    .option(
      '--connect-rate <number>',
      'connections to the hub per second from another address, or off (default: 50)',
      rate,
    )
    .option(
      '--max-connections <number>',
      'WebSocket connections to the hub in total (default: no limit)',
      checked(parseCount),
    )
    .option(
      '--heartbeat-interval <time>',
      'silence after which a client is pinged; at least 100ms (default: 25s)',
      checked(parseInterval),
    )
    .option(
      '--heartbeat-timeout <time>',
      'silence after which a client counts as gone; at least 100ms (default: 35s; cross_comm 60s)',
      checked(parseInterval),
    )
}

function addChannels(command: Command): void {
  command
    .optionsGroup('Channels:')
    .option(
      '--channel <pattern=messages,age>',
      'how much history matching channels keep, such as sensors.**=500,24h, or sensors.**=off for none; the first match decides; may be repeated (default: 1000,1h)',
      collected(parseChannelRule),
    )
}

/**
 * The words as options of a hub.
 * @throws PosthouseError `invalid_option`, `token_file`
 */
export async function hubOptionsOf(words: HubWords): Promise<HubOptions> {
  const authenticate = await authenticatorOf(words)
  const { messageRate: messages, byteRate: bytes, connectRate: connects, maxConnections: connections } = words
  const { heartbeatInterval, heartbeatTimeout, allowOrigin, legacyAllow, channel: channels } = words
  return {
    crossComm: words.legacy,
    rates: {
      ...(messages !== undefined && { messages }),
      ...(bytes !== undefined && { bytes }),
      ...(connects !== undefined && { connects }),
    },
    ...(connections !== undefined && { quotas: { connections } }),
    ...(authenticate && { authenticate }),
    ...(legacyAllow && { legacyAllow }),
    ...(channels && { channels }),
    ...(allowOrigin && { allowedOrigins: allowOrigin }),
    ...(heartbeatInterval !== undefined && { heartbeatIntervalMs: heartbeatInterval }),
    ...(heartbeatTimeout !== undefined && { heartbeatTimeoutMs: heartbeatTimeout }),
  }
}

/**
 * The words as options of a hub's own server.
 * @throws PosthouseError `invalid_option`
 */
export function listenOptionsOf(words: HubWords & { readonly host: string; readonly port: number }): ListenOptions {
  const { host, port, insecure = false } = words
  const tls = tlsOf(words)
  return { host, port, insecure, ...(tls && { tls }) }
}

function tlsOf({ tlsCert: cert, tlsKey: key }: HubWords): TlsOptions | undefined {
  if (cert === undefined && key === undefined) return undefined
  if (cert !== undefined && key !== undefined) return { cert, key }
  throw new PosthouseError('invalid_option', '--tls-cert and --tls-key belong together: give both')
}

/** `id,id` or `id@network,network`; what behind the last @ is no network belongs to an id. */
function parseLegacyRule(word: string): LegacyRule {
  const at = word.lastIndexOf('@')
  const networks = at < 0 ? [] : word.slice(at + 1).split(',')
  const fits = networks.length > 0 && networks.every((network) => isIP(network.replace(/\/\d+$/, '')) > 0)
  const clients = (fits ? word.slice(0, at) : word).split(',')
  if (clients.every((client) => client !== '')) return { clients, ...(fits && { networks }) }
  const how = 'write ids, separated by commas, and networks behind @: robot_*@192.168.1.0/24'
  throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no rule: ${how}`)
}

/** `pattern=messages,age` or `pattern=off`. What a pattern may be, the hub says. */
function parseChannelRule(word: string): ChannelRule {
  const [, pattern = '', kept = ''] = /^(?:channel:)?(.+)=([^=]+)$/.exec(word) ?? []
  if (pattern !== '' && kept === 'off') return { pattern, history: false }
  const [, messages, age] = /^(\d+),(.+)$/.exec(kept) ?? []
  if (messages === undefined || age === undefined) {
    const how = 'write a pattern, how many messages and how long: sensors.**=500,24h, or sensors.**=off'
    throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no rule for channels: ${how}`)
  }
  return { pattern, history: { messages: parseCount(messages), ageMs: Math.ceil(parseDuration(age)) } }
}

function parseOrigin(word: string): string {
  if (word === '*') return word
  const { origin } = URL.canParse(word) ? new URL(word) : { origin: 'null' }
  if (origin !== 'null') return origin
  throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no origin: write https://example.org`)
}
