import type { Caller } from '../access/caller.ts'
import type { IncomingCall } from './incoming-call.ts'

/** A call that is remembered in order to be carried out, also by the next run of the server. */
interface KeptRequest {
  readonly call: IncomingCall
  readonly name?: string | undefined
  readonly ours: boolean
}

export function requestToText(call: IncomingCall, caller: Caller, ours: boolean): string {
  return JSON.stringify({ call, name: caller.name, ours } satisfies KeptRequest)
}

/** Only what `requestToText` wrote comes here. */
export function requestOfText(text: string): KeptRequest {
  return JSON.parse(text) as KeptRequest
}
