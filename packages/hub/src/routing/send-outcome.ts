import { type AppendOutcome, PosthouseError } from '@posthouse/core'
import type { SendOutcome } from '@posthouse/protocol'

/** What a sender is told. */
export function outcomeOf(outcome: AppendOutcome | PosthouseError, refusal?: PosthouseError): SendOutcome {
  if (outcome instanceof PosthouseError) return { state: 'refused', error: outcome }
  if (outcome.state !== 'refused') return { state: outcome.state }
  const same = refusal?.code === outcome.code
  const error = same ? refusal : new PosthouseError(outcome.code, `refused: ${outcome.code.replaceAll('_', ' ')}`)
  return { state: 'refused', error }
}
