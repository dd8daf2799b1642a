export type { HeaderSource } from '@posthouse/core/callbacks'
export type {
  ApiCalls,
  CallArguments,
  InputOf,
  ItemOf,
  OutputOf,
  ProcedureName,
  UnknownCalls,
} from './caller/api-types.ts'
export { CallClient, createCallClient } from './caller/call-client.ts'
export type { CallbackCallOptions, CallOptions, CallReceipt } from './caller/call-options.ts'
export type { CallbackType, CallResponse } from './caller/call-request.ts'
export type { CallClientOptions } from './caller/call-settings.ts'
export type { CallEvents, CallMode, CallTrouble, ModeChange } from './caller/call-watchers.ts'
export type { CallbackHandler } from './caller/callback-desk.ts'
export type { CallbackBody, CallbackReply } from './caller/callback-door.ts'
export type { LogLevel } from './caller/level-logger.ts'
