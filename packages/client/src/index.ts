export {
  type Clock,
  type Durability,
  type ErrorCode,
  isPosthouseError,
  type Logger,
  Message,
  type MessageFilter,
  type MessageType,
  PosthouseError,
  type Qos,
} from '@posthouse/core'
export type { ClientInfo, Dialect, Gap, Limits, OutboxLimits } from '@posthouse/protocol'
export type { Welcome } from './dialog.ts'
export {
  type ClientsOptions,
  type DrainOptions,
  HubClient,
  type ListenerOptions,
  type Wanted,
} from './hub-client.ts'
export type { WebSocketConstructor, WebSocketLike } from './link.ts'
export type { MessageHandler } from './listener.ts'
export type { MessageStream } from './message-stream.ts'
export type { SendResult } from './pending-sends.ts'
export type { SendOptions } from './send-options.ts'
export type { HubClientOptions, ReconnectOptions } from './settings.ts'
export type { ConnectOptions } from './supervisor.ts'
export type { ClientState, Goaway, Overflow, PresenceChange, StateChange, WatchEvents } from './watchers.ts'
