export type { Caller } from './access/caller.ts'
export type { Credentials, Identify, Identity } from './access/callers.ts'
export { Api, type ApiOptions, type ApiStats, createApi } from './api.ts'
export type { CallInfo } from './call/call-info.ts'
export type { ProcedureStats } from './call/call-tally.ts'
export type { CallLimits } from './call/limits.ts'
export type { CallbackInfo, CallbackStats, SigningKeys } from './callback/callback-desk.ts'
export type { CallbackOptions } from './callback/callback-options.ts'
export { type SigningKeyFile, type SigningKeyFileOptions, signingKeyFile } from './callback/signing-key-file.ts'
export type { CallReply, CallRequest } from './http/call-request.ts'
export type { HttpDoor } from './http/http-door.ts'
export type { CallContext } from './procedure/context.ts'
export type { DirectCall } from './procedure/direct-call.ts'
export type { CallInterceptor, Invocation } from './procedure/invoke.ts'
export {
  type Procedure,
  type ProcedureHandler,
  type ProcedureOptions,
  procedure,
  type Rate,
} from './procedure/procedure.ts'
export type { ProcedureInfo } from './procedure/procedure-info.ts'
export type { ProcedureTree, Registrable } from './procedure/registry.ts'
export type { InputOf, OutputOf, Schema } from './procedure/schema.ts'
export type { Origins } from './socket/origins.ts'
export type { SocketDoor, SocketDoorOptions } from './socket/socket-door.ts'
