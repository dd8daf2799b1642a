import type { Envelope } from './envelope.ts'

/** What nodes tell each other. A lost signal may cost time, never a message: the store is asked for those. */
export type Signal =
  /** Something new lies in the inbox of `client`. */
  | { readonly kind: 'doorbell'; readonly client: string }
  /** A live (qos 0) envelope for whoever is connected elsewhere. */
  | { readonly kind: 'live'; readonly envelope: Envelope }
  /** `client` came to or left `node`. An older `generation` than one already seen changes nothing. */
  | {
      readonly kind: 'presence'
      readonly client: string
      readonly node: string
      readonly online: boolean
      readonly generation: number
    }

/** Carries signals between the nodes of one cluster, in order per sending node. */
export interface Broker extends AsyncDisposable {
  /** Name of this node, unique in the cluster. */
  readonly node: string
  /** Tells every other node, or only `node`. */
  publish(signal: Signal, node?: string): Promise<void>
  /** Hears what other nodes publish, never this node's own signals, until disposed of. */
  subscribe(listener: (signal: Signal, from: string) => void): Disposable
}
