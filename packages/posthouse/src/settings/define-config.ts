import type { Durability } from '@posthouse/core'
import type { Hub } from '@posthouse/hub'
import type { ProcedureTree } from '@posthouse/rpc'
import type { App, Environment } from '@posthouse/web'
import type { LogLevel } from '../console-logger.ts'

/** A time: `30` (seconds), `'500ms'`, `'2m'`, `'1h'` or `'30d'`. */
export type SettingTime = number | string

/** Bytes: a number, or text such as `'512k'`, `'64M'` or `'10G'`. */
export type SettingBytes = number | string

/** No limit. */
type Off = false | 'off'

/** What a configuration file sets, by the names of the flags of `posthouse up`, which has their defaults in its help. */
export interface PosthouseSettings {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string
  /** Port to listen on; 0 chooses a free one. Default 9898. */
  readonly port?: number
  /** Folder for all that is kept. Default `.posthouse`. */
  readonly data?: string
  /** What stored messages survive. Default `disk`. */
  readonly durability?: Durability
  /** YAML file with the state of clients. Default: `cross_comm_clients.yaml` in `data`. */
  readonly statusFile?: string
  /** Default `info`. */
  readonly logLevel?: LogLevel
  /** In production documents are off. Default: `NODE_ENV`, or else `development`. */
  readonly env?: Environment
  /** Whether `/api/v1` is served. Default true. */
  readonly administration?: boolean
  /** Who may read `/metrics`. Default `admin`. */
  readonly metrics?: 'admin' | 'open' | 'off'
  /** How long it goes on as before once it is to end, with `/readyz` at 503. Default: not at all. */
  readonly drainDelay?: SettingTime
  /** Only clients with a token that this file lists. Of this and the next three, one can be set. */
  readonly tokenFile?: string
  /** Only clients with a JSON Web Token; the keys of its issuer are there. */
  readonly jwksUrl?: string
  /** The same, with the key in a file, in PEM form. */
  readonly jwtPublicKey?: string
  /** The same, with a shared secret in a file, as text. */
  readonly jwtSecretFile?: string
  /** Who must have issued the JSON Web Tokens. Default: anybody. */
  readonly jwtIssuer?: string | readonly string[]
  /** Whom they must be meant for. Default: anybody. */
  readonly jwtAudience?: string | readonly string[]
  /** The file of a certificate, in PEM form; needs `tlsKey`. Default: no TLS. */
  readonly tlsCert?: string
  /** The file of its private key. */
  readonly tlsKey?: string
  /** Lets other computers in without asking who they are. Default false. */
  readonly insecure?: boolean
  /** Pages of these origins are let in, too; `*` for all. Default: none. */
  readonly allowOrigin?: string | readonly string[]
  /** Whether cross_comm programs are served. Default true. */
  readonly legacy?: boolean
  /** Which of them are let in where clients need tokens: `ids@networks`. Default: none. */
  readonly legacyAllow?: string | readonly string[]
  /** Frames of a client in a second. Default 200,000. */
  readonly messageRate?: number | Off
  /** Bytes of a client in a second. Default `64M`. */
  readonly byteRate?: SettingBytes | Off
  /** Connections of another address to the hub in a second. Default 50. */
  readonly connectRate?: number | Off
  /** WebSocket connections to the hub in all. Default: no limit. */
  readonly maxConnections?: number
  /** Silence after which a client is pinged. Default `25s`. */
  readonly heartbeatInterval?: SettingTime
  /** Silence after which a client is gone. Default `35s`. */
  readonly heartbeatTimeout?: SettingTime
  /** How much is kept of channels: `pattern=messages,age`, or `pattern=off`; the first that fits decides. Default `1000,1h`. */
  readonly channel?: string | readonly string[]
  /** Where files are kept. Default: `oss` where its four variables are set, otherwise `disk`. */
  readonly storage?: 'disk' | 's3' | 'oss'
  /** The bucket, with `storage: 's3'`. */
  readonly s3Bucket?: string
  /** The address of a service that is not Amazon's. */
  readonly s3Endpoint?: string
  readonly s3Region?: string
  /** The largest file. Default 16 GiB. */
  readonly fileBytes?: SettingBytes | Off
  /** What the files of one client may take. Default 64 GiB. */
  readonly filesTotal?: SettingBytes | Off
  /** How long files are kept. Default `30d`, in a bucket for ever. */
  readonly filesKeep?: SettingTime
  /** How long an upload waits for its next byte. Default `1d`. */
  readonly uploadsKeep?: SettingTime
  /** How clients reach the files. Default: by the address of the hub. */
  readonly publicUrl?: string
  /** The file of a module whose procedures are served. Default: those of the configuration. */
  readonly procedures?: string
  /** Private networks into which answers may be posted. Default: none, or this computer where nobody else comes in. */
  readonly callbackAllow?: string | readonly string[]
}

/** What `posthouse.config.ts` may export, as its default or part by part. */
export interface PosthouseConfig {
  readonly settings?: PosthouseSettings
  /** Endpoints of your own, on the port of the node. */
  readonly app?: App
  /** Served over Socket.IO, HTTP and the hub. */
  readonly procedures?: ProcedureTree
  /** Called with the hub before anybody comes in. */
  readonly onHub?: (hub: Hub) => unknown
}

/**
 * Gives `posthouse.config.ts` its types: `export default defineConfig({ … })`. It returns what it is given.
 * @example
 * export default defineConfig({ settings: { port: 9898, heartbeatTimeout: '45s' } })
 */
export function defineConfig(config: PosthouseConfig): PosthouseConfig {
  return config
}
