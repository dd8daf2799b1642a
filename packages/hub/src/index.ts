export {
  type ErrorCode,
  type InboxStore,
  isPosthouseError,
  type Logger,
  Message,
  type MessageFilter,
  type MessageType,
  PosthouseError,
  type Qos,
} from '@posthouse/core'
export { type ClientInfo, type DraftOptions as HubSendOptions, defaultLimits, type Limits } from '@posthouse/protocol'
export type { SendQueueLimits } from './connection.ts'
export { Hub } from './hub.ts'
export type { HubMessageHandler } from './hub-listeners.ts'
export type { HubOptions } from './hub-options.ts'
export { defaultPort, isLoopback, type Listening, type ListenOptions } from './listen.ts'
