export { abortable } from './abortable.ts'
export {
  type Address,
  type AddressKind,
  assertClientId,
  canonicalAddress,
  clientAddress,
  cursorName,
  formatAddress,
  isClientId,
  maxNameLength,
  queueInbox,
} from './address.ts'
export { assertAnnouncedSize, assertAnnouncement, assertSameContent } from './announcement.ts'
export { base64ToBytes, bytesToBase64 } from './base64.ts'
export { bearerToken } from './bearer-token.ts'
export { assertBlobKey, blobFolder, createBlobKey, isBlobOf } from './blob-key.ts'
export { type BlobRange, blobRange } from './blob-range.ts'
export type {
  Announcement,
  BlobEntry,
  BlobInfo,
  BlobPage,
  BlobReadOptions,
  BlobStore,
  SignedUrlOptions,
  UploadInfo,
} from './blob-store.ts'
export type { Broker, Signal } from './broker.ts'
export { BusyMap } from './busy-map.ts'
export {
  type CallStore,
  type CallStoreBounds,
  defaultCallStoreBounds,
  type KeptCall,
  type KeptCallback,
  type KeptCallQuery,
} from './call-store.ts'
export { ChannelBound } from './channel-bound.ts'
export { type Clock, ManualClock, systemClock, type Timer } from './clock.ts'
export { DeadlineWatch, type DeadlineWatchOptions, type Due } from './deadline-watch.ts'
export {
  type Body,
  type Envelope,
  envelopeBytes,
  isMessageType,
  type MessageType,
  messageTypes,
  type Qos,
} from './envelope.ts'
export {
  addErrorRows,
  type ErrorCode,
  type ErrorFacts,
  errorTable,
  isErrorCode,
  isPosthouseError,
  PosthouseError,
  reasonOf,
  toPosthouseError,
} from './errors.ts'
export type { FileKeeper, FileMethod, FileQuestion } from './file-keeper.ts'
export { firstBehind } from './first-behind.ts'
export { createId, randomHex } from './ids.ts'
export { type Handler, type Interceptor, intercept } from './interceptor.ts'
export { escapePointer, type JsonSchemaFault, jsonSchemaIssue } from './json-schema-issue.ts'
export { knownAddress, parseAddress } from './known-addresses.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export { MemoryBlobStore, type MemoryBlobStoreOptions } from './memory-blobs.ts'
export { MemoryBrokerWire } from './memory-broker.ts'
export { MemoryCallStore, type MemoryCallStoreOptions } from './memory-calls.ts'
export { MemoryInboxStore, type MemoryInboxStoreOptions } from './memory-store.ts'
export { Message, type MessageFields, parseText } from './message.ts'
export { type Filterable, type MessageFilter, messageMatcher } from './message-filter.ts'
export { readMessage } from './message-json.ts'
export { MethodBody } from './method-body.ts'
export { assertPlainName } from './plain-name.ts'
export type { ProcedureTypes } from './procedure-types.ts'
export { type BlobSource, putBlob } from './put-blob.ts'
export type { FileMessage, FileReference, SavingOptions } from './received-file.ts'
export { type SortedPageOptions, sortedPage } from './sorted-page.ts'
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
  StandardSchemaProps,
} from './standard-schema.ts'
export {
  type Durability,
  defaultInboxLimits,
  defaultStoreBounds,
  type ExpiredEntry,
  type InboxLimits,
  type InboxState,
  type InboxStore,
  type LogInfo,
  type LogKind,
  type LogPage,
  type LogQuery,
  type Position,
  type RecordEntry,
  type ShelfEntry,
  type ShelfQuery,
  type StoreBounds,
  type StoredEnvelope,
} from './store.ts'
export type {
  Acknowledgement,
  Append,
  AppendOutcome,
  Batch,
  CommitOutcome,
  DeadLetter,
  Delivery,
  LogLimits,
  ProducerPosition,
  RecordChange,
  Refusal,
  Removal,
  RemovalOutcome,
  Shelving,
} from './store-batch.ts'
export { type SweepOptions, type SweepOutcome, sweepBlobs } from './sweep-blobs.ts'
export { isLogKind, wantedLogs } from './wanted-logs.ts'
