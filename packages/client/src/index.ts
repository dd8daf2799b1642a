export {
  type Clock,
  type Durability,
  type ErrorCode,
  type FileMessage,
  type FileReference,
  isPosthouseError,
  type Logger,
  Message,
  type MessageFilter,
  type MessageType,
  PosthouseError,
  type Qos,
} from '@posthouse/core'
export type { ClientInfo, Dialect, Gap, Limits, WhenOffline } from '@posthouse/protocol'
export type { Call, CallHandler, CallOptions } from '@posthouse/protocol/calls'
export type { ConnectOptions } from './connection/supervisor.ts'
export type { WebSocketConstructor, WebSocketLike } from './connection/web-socket.ts'
export type { Welcome } from './dialog/dialog.ts'
export type { ClientsOptions } from './dialog/roll-call.ts'
export type { OutboxLimits, SendResult } from './dialog/sends.ts'
export type { Tells } from './files/file-reference.ts'
export type { TransferProgress } from './files/progress.ts'
export type { FileHandler, ReceiveOptions } from './files/received.ts'
export type { TransferGate } from './files/transfer-gate.ts'
export type {
  Downloaded,
  DownloadOptions,
  FetchedFile,
  FileSource,
  FolderPath,
  SendFileOptions,
  SendFolderOptions,
  SentFile,
  SentFolder,
  TransferOptions,
} from './files/transfer-options.ts'
export { type DrainOptions, HubClient } from './hub-client.ts'
export type { ManualHandler, ManualMessage, NackOptions } from './listening/by-hand.ts'
export type { MessageHandler } from './listening/listener.ts'
export type { ListenerOptions, Wanted } from './listening/listeners.ts'
export type { MessageStream } from './listening/message-stream.ts'
export type {
  ClientState,
  Goaway,
  Overflow,
  PresenceChange,
  Receipt,
  StateChange,
  WatchEvents,
} from './listening/watchers.ts'
export type { SendOptions } from './send-options.ts'
export type { HubClientOptions, LastWill, ReconnectOptions } from './settings.ts'
export type { ClientStorage, OpenStorage, StorageChange, StoredSend, StoredState } from './storage/client-storage.ts'
export type { History, HistoryOptions } from './streams/history.ts'
export type { JoinOptions, LeaveOptions, Membership, SubscribeOptions, WorkOptions } from './streams/stream-desk.ts'
export type { ChannelHandler, ChannelMessage, QueueHandler, QueueMessage } from './streams/stream-messages.ts'
export type { Subscription } from './streams/subscription.ts'
