export {
  type ErrorCode,
  type FileMessage,
  type FileReference,
  type InboxStore,
  isPosthouseError,
  type Logger,
  Message,
  type MessageFilter,
  type MessageType,
  PosthouseError,
  type Qos,
  type SavingOptions,
} from '@posthouse/core'
export {
  type ClientInfo,
  defaultLimits,
  type GroupRole,
  type Limits,
} from '@posthouse/protocol'
export type { Call, CallHandler, CallOptions } from '@posthouse/protocol/calls'
export type { Authentication } from './access/authenticators.ts'
export { type CreatedToken, createToken, hashToken } from './access/create-token.ts'
export type { Identity, IdentityAttempt } from './access/identity.ts'
export type { LegacyRule } from './access/legacy-rules.ts'
export type { Operation, Permission } from './access/permission.ts'
export type { Authenticate, Authenticator, LoginAttempt, Principal } from './access/principal.ts'
export { tokenFile } from './access/token-file.ts'
export type { HandleOptions } from './calls/hub-desk.ts'
export type { HistoryEntry, HistoryPage, HistoryQuery } from './channels/channel-history.ts'
export type { ChannelRule } from './channels/channel-rules.ts'
export type { ChannelInfo, ChannelPage } from './channels/hub-channels.ts'
export type { HubPresenceHandler } from './clients/presence-board.ts'
export type { DeadLetterQuery, DeadLetters, PurgeQuery } from './delivery/dead-letters.ts'
export type { HubSendOptions, HubSent } from './delivery/hub-send.ts'
export type { InboxQuery, InboxView } from './delivery/inbox-view.ts'
export type { DeadLetterSummary, MessageContent, MessageSummary } from './delivery/message-summary.ts'
export type { HubReceipt, HubReceiptHandler } from './delivery/receipts.ts'
export type { SendQueueLimits } from './door/connection.ts'
export {
  defaultPort,
  isLoopback,
  type Listening,
  type ListenOptions,
  type OpenServer,
  openServer,
  type ServerParts,
  type UpgradeHandler,
} from './door/listen.ts'
export type { TlsOptions } from './door/tls.ts'
export type { FileHandler } from './files/file-office.ts'
export type { GroupMember } from './groups/group.ts'
export type { GroupInfo, HubGroups } from './groups/hub-groups.ts'
export { Hub } from './hub.ts'
export type { HubOptions } from './hub-options.ts'
export type { QuotaOptions, Rate, RateOptions } from './limits/rates.ts'
export type { PageOptions } from './page.ts'
export type { HubQueues, QueueInfo, QueueList } from './queues/hub-queues.ts'
export type { HubMessageHandler } from './routing/hub-listeners.ts'
export type { HistogramStats } from './stats/histogram.ts'
export type { LabelKind } from './stats/hour.ts'
export type { HourStatistics, HubStatistics, StatisticsOptions } from './stats/hub-statistics.ts'
export type { HubStats, PeerStats, StatsOptions } from './stats/hub-stats.ts'
export type { LabelTraffic, Traffic } from './stats/label-counts.ts'
