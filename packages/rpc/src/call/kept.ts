import { type KeptCall, type KeptCallback, PosthouseError } from '@posthouse/core'
import { type Answer, answerOfText, failure } from './answer.ts'
import { requestToText } from './request-text.ts'
import type { RunningCall } from './running-call.ts'

/** What an earlier run of the server makes of a call; nothing where it is to be carried out now. */
export function answerBefore(run: RunningCall, kept: KeptCall): Answer | undefined {
  if (kept.inputHash !== run.inputHash) throw conflict(kept.id)
  if (kept.state === 'taken') return undefined
  if (kept.state === 'begun') {
    if (run.entry.procedure.options.idempotent === true) return undefined
    run.begun = true
    return failure(unknownOutcome(run.procedure))
  }
  const answer = answerOfText(kept.answer ?? '{}')
  const { stream } = run.call
  if (answer.ok && stream !== undefined && stream.from < (answer.items ?? 0)) {
    return failure(new PosthouseError('call_lost', 'the items of this stream are not kept any more'))
  }
  return answer
}

/** A call as it is remembered. */
export function keptOf(run: RunningCall, { state }: Pick<KeptCall, 'state'> = { state: 'begun' }): KeptCall {
  const { caller, call, inputHash: hash, at, deadline, promised } = run
  const request = promised ? requestToText(call, caller, run.ours) : undefined
  const until = Number.isFinite(deadline) ? deadline : Number.MAX_SAFE_INTEGER
  const { requestId: id, procedure } = call
  return { caller: caller.id, id, procedure, inputHash: hash, at, deadline: until, state, request }
}

/** The same with what it came to. Only a callback needs to know how the call was made. */
export function doneOf(call: KeptCall, answer: string, callback: KeptCallback | undefined): KeptCall {
  const { caller, id, procedure, inputHash: hash, at, deadline } = call
  const request = callback && call.request
  return { caller, id, procedure, inputHash: hash, at, deadline, state: 'done', answer, request, callback }
}

export function unknownOutcome(procedure: string): PosthouseError {
  return new PosthouseError('unknown_outcome', `${procedure} may have been carried out, and nobody can tell`)
}

export function conflict(id: string): PosthouseError {
  return new PosthouseError('call_conflict', `${JSON.stringify(id)} was the id of a call with another input`)
}
