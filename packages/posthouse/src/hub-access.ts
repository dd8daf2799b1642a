import { HubClient } from '@posthouse/client'
import { PosthouseError, randomHex, reasonOf } from '@posthouse/core'

/** Options of every command that talks to a hub. */
export interface HubAccess {
  /** Default: see `defaultUrl`. */
  readonly url?: string
  readonly id?: string
  readonly json?: boolean
}

/**
 * Checks the word after `--url`; `host`, `host:port` and `http(s)://` are understood, too.
 * @throws PosthouseError `invalid_option`
 */
export function parseUrl(word: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(word) ? word : `ws://${word}`
  const url = URL.canParse(scheme) ? new URL(scheme) : undefined
  const protocols: Readonly<Record<string, string>> = { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' }
  const protocol = url && protocols[url.protocol]
  if (url === undefined || protocol === undefined || url.hostname === '') {
    throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is no hub address: write ws://host:9898`)
  }
  const rest = scheme.slice(scheme.indexOf('://'))
  const plain = url.pathname === '/' && !rest.endsWith('/') ? rest : rest.replace(/\/$/, '')
  const named = url.port === '' && scheme !== word ? `${plain}:9898` : plain
  return `${protocol}${named.slice(1)}`
}

/**
 * Where commands look for a hub when nothing else is said: what `POSTHOUSE_URL` names, or this computer.
 * @throws PosthouseError `invalid_option`
 */
function defaultUrl(named: string | undefined = process.env.POSTHOUSE_URL): string {
  if (named === undefined || named === '') return 'ws://127.0.0.1:9898'
  try {
    return parseUrl(named)
  } catch (cause) {
    throw new PosthouseError('invalid_option', `POSTHOUSE_URL: ${reasonOf(cause)}`, { cause })
  }
}

/**
 * Connects to the hub. `prepare` may add listeners before the first message can come.
 * @throws PosthouseError `unreachable`, or why the hub refuses
 */
export async function openClient(
  access: HubAccess,
  signal: AbortSignal,
  prepare?: (client: HubClient) => void,
): Promise<HubClient> {
  // Without an id of its own the command comes only once: nobody should find it among the clients later.
  const { id = `cli_${randomHex(4)}` } = access
  const client = new HubClient({ url: access.url ?? defaultUrl(), clientId: id, transient: access.id === undefined })
  try {
    prepare?.(client)
    await client.connect({ signal })
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
