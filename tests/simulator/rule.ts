/** The rules that are watched. */
export type Rule =
  | 'a stored message is handled'
  | 'a message is handled once in a life'
  | 'messages keep their order'
  | 'a replaced connection is dead'
  | 'a refused message is not stored'
  | 'a resend gets the same answer'
  | 'sent tells the truth in the order of n'
  | 'every send is answered'
  | 'acknowledgements follow handlers'
  | 'windows are kept'
  | 'deliveries come from the inbox in order'
  | 'a session is resumed while it lives'
  | 'a gap is announced'
  | 'neither end finds a broken protocol'
  | 'nothing is left behind'
  | 'every call ends'
  | 'a call is handled once'
  | 'an answer reaches its caller'
  | 'watchers know who is there'
  | 'a state that was set is seen'
  | 'presence does not go back'
  | 'a subscriber gets all'
  | 'a session keeps its subscriptions'
  | 'a group reaches its members'
  | 'work is done'
  | 'work is with one worker at a time'

/** A rule that did not hold. */
export interface Violation {
  readonly rule: Rule
  readonly detail: string
}
