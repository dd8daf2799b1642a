import type { CallMethod } from './telephone.ts'

/** What may happen next. Whatever names something that is not there does nothing, so that any list of actions can be run. */
export type Action =
  /** A client opens a connection; `life` 0 is its newest program, 1 the one before. */
  | { readonly do: 'connect'; readonly client: string; readonly life: number }
  | { readonly do: 'send'; readonly client: string; readonly to: string; readonly kind: LetterKind }
  /** The oldest WebSocket message of a cable arrives; `cable` 0 is the newest of the client. */
  | { readonly do: 'carry'; readonly client: string; readonly cable: number; readonly way: 'up' | 'down' }
  /** The store goes on with one of the operations that wait. */
  | { readonly do: 'store'; readonly operation: number; readonly fails?: true }
  /** A handler is done. */
  | { readonly do: 'finish'; readonly client: string; readonly life: number; readonly job: number }
  /** A handler gives its message back. */
  | { readonly do: 'return'; readonly client: string; readonly life: number; readonly job: number }
  /** Everything that waits on cables and in the store goes on, handlers do not. */
  | { readonly do: 'flow' }
  /** A cable is cut, which either end notices at once or later. */
  | { readonly do: 'cut'; readonly client: string; readonly cable: number; readonly noticed: Noticed }
  | { readonly do: 'notice'; readonly client: string; readonly cable: number; readonly end: 'hub' | 'client' }
  /** The client gives its connection up; what it has sent may still arrive. */
  | { readonly do: 'abandon'; readonly client: string }
  /** The program dies; the next life knows nothing of it. */
  | { readonly do: 'crash'; readonly client: string }
  /** A second program logs in as the same client. */
  | { readonly do: 'twin'; readonly client: string }
  /** The client says bye. */
  | { readonly do: 'leave'; readonly client: string }
  /** The client wants to know who is there, or no longer. */
  | { readonly do: 'watch'; readonly client: string }
  /** The client says something about itself. */
  | { readonly do: 'state'; readonly client: string; readonly state: number | null }
  /** A client calls another one, or itself. */
  | {
      readonly do: 'call'
      readonly client: string
      readonly to: string
      readonly method: CallMethod
      readonly timeoutMs: number
    }
  /** A handler of a call that waits is done. */
  | { readonly do: 'answer'; readonly client: string; readonly life: number; readonly job: number }
  /** A caller gives up. */
  | { readonly do: 'hangUp'; readonly client: string; readonly call: number }
  /** A client asks for a place in a group, for a channel or for work, or gives that up. */
  | {
      readonly do: 'ask'
      readonly client: string
      readonly op: 'join' | 'leave' | 'subscribe' | 'unsubscribe'
      readonly to: string
      /** Of channels: with all that is kept. */
      readonly after?: 'start'
      /** Of queues. */
      readonly prefetch?: number
    }
  /** The hub dies and is started anew. Of what waits to be written the first so many commits are. */
  | { readonly do: 'hub'; readonly commits?: number }
  | { readonly do: 'wait'; readonly ms: number }

/** Who notices a cut at once. */
export type Noticed = 'both' | 'hub' | 'client' | 'nobody'

/** What kinds of messages are sent. */
export const letterKinds = ['text', 'wide', 'large', 'misfit', 'odd', 'live', 'brief'] as const

/**
 * `wide` fills windows and inboxes, `large` is above the limit, `misfit` has a body that its type does not allow, `odd` one
 * that MessagePack cannot say, `live` is of qos 0, `brief` expires.
 */
export type LetterKind = (typeof letterKinds)[number]

/** An action in one line. */
export function described(action: Action): string {
  const { do: verb, ...rest } = action
  return [verb, ...Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`)].join(' ')
}
