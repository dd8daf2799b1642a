import { type Message, PosthouseError, randomHex, toPosthouseError } from '@posthouse/core'
import { type ClientCodec, type Done, type Encoded, wireBytes } from '@posthouse/protocol'
import type { DialogEvents } from '../dialog/dialog.ts'
import type { Caller, Outbox, SendResult } from '../dialog/sends.ts'
import { V1Dialog } from '../dialog/v1-dialog.ts'
import type { Settings } from '../settings.ts'
import type { ClientStorage, OpenStorage, StorageChange, StoredState } from './client-storage.ts'

/** Names of handled messages that are kept: many more than a hub has under way to one client. */
const window = 4096
/** So many numbers are taken at once; what is left of them when the program ends is never used. */
const numbersAtOnce = 1_000_000

/** What a dialog is made of. */
export interface DialogMakings {
  readonly codec: ClientCodec
  readonly settings: Settings
  readonly events: DialogEvents
}

/**
 * A dialog that goes on where the last life of this program ended: what was not confirmed is sent again, and what was
 * handled is not handed over again.
 * @throws PosthouseError (later) what `ClientStorage.open` throws, `invalid_option`, `outbox_full`
 */
export async function keptDialog(makings: DialogMakings, storage: ClientStorage): Promise<V1Dialog> {
  const { codec, settings, events } = makings
  const kept = await storage.open(settings.clientId, window)
  try {
    const { state } = kept
    const { dialect } = settings
    if (state !== undefined && state.dialect !== dialect) {
      throw new PosthouseError(
        'invalid_option',
        `the storage holds messages in ${state.dialect}; dialect is ${dialect}`,
      )
    }
    const producer = state?.producer ?? randomHex(16)
    const lastN = state?.lastN ?? 0
    const record = new Memory(kept, state, events)
    const dialog = new V1Dialog(codec, settings, record.events, producer)
    const { outbox } = dialog
    if (state === undefined) await kept.write({ begin: { producer, lastN: lastN + numbersAtOnce, dialect } })
    else await kept.write({ lastN: lastN + numbersAtOnce })
    dialog.outbox = new KeptOutbox(outbox, record, lastN)
    for (const { n, id, wire } of state?.outbox ?? []) {
      const sent = outbox.keep({ wire, bytes: wireBytes(wire) }, { id, signal: undefined }, n)
      record.watch(sent, n)
      // Who had sent it is gone with the life before.
      sent.catch((error) => events.watchers.fail(error))
    }
    // The dialog itself has no use for the moment when it ends.
    const end = (error: PosthouseError): void => {
      V1Dialog.prototype.end.call(dialog, error)
      record.close()
    }
    return Object.assign(dialog, { end })
  } catch (error) {
    await kept.close()
    throw error
  }
}

/** What is remembered of a client's messages while it lives. */
class Memory {
  readonly #storage: OpenStorage
  readonly #inner: DialogEvents
  /** Names of messages that were handled in earlier lives. */
  readonly #earlier: ReadonlySet<string>
  #closed = false
  /** What the dialog is given. */
  readonly events: DialogEvents

  constructor(storage: OpenStorage, state: StoredState | undefined, events: DialogEvents) {
    this.#storage = storage
    this.#inner = events
    this.#earlier = new Set(state?.handled)
    this.events = {
      ...events,
      deliver: (message, done) => {
        if (done === undefined) events.deliver(message)
        else this.#deliver(message, done)
      },
      remember: (key, done) => this.#remember(key, done),
    }
  }

  /** Where the storage fails, watchers are told and the client goes on: what it holds in memory is as good as before. */
  write(change: StorageChange): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return this.#storage.write(change).catch((error: unknown) => {
      this.#inner.watchers.fail(toPosthouseError(error, 'store_failed'))
    })
  }

  /** Forgets a message when it was answered. What the end of the client leaves without an answer goes out in its next life. */
  watch(sent: Promise<SendResult>, n: number): void {
    const answered = (): void => void this.write({ answered: n })
    sent.then(answered, (error: PosthouseError) => {
      if (error.code !== 'closed') answered()
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#storage.close().catch((error: unknown) => {
      this.#inner.watchers.fail(toPosthouseError(error, 'store_failed'))
    })
  }

  #deliver(message: Message, done: Done): void {
    const remembered = this.#remember(`\n${message.from}\n${message.id}`, done)
    if (remembered) this.#inner.deliver(message, remembered)
  }

  /** It is on record that a message was handled before the hub hears of it. */
  #remember(key: string, done: Done): Done | undefined {
    if (this.#earlier.has(key)) {
      done()
      return undefined
    }
    return (back) => {
      if (back) done(back)
      else void this.write({ handled: key }).then(() => done())
    }
  }
}

/** Keeps what is to be sent in a storage, too. */
class KeptOutbox implements Outbox {
  readonly #inner: Outbox
  readonly #record: Memory
  #n: number
  /** No greater number may be used. */
  #reserved: number

  constructor(inner: Outbox, record: Memory, lastN: number) {
    this.#inner = inner
    this.#record = record
    this.#n = lastN
    this.#reserved = lastN + numbersAtOnce
  }

  next(): number {
    const n = ++this.#n
    // Long before they are used up, so that the new ones are on record by then.
    if (n + numbersAtOnce / 2 > this.#reserved) {
      this.#reserved += numbersAtOnce
      void this.#record.write({ lastN: this.#reserved })
    }
    return n
  }

  keep(encoded: Encoded, caller: Caller, n: number): Promise<SendResult> {
    const sent = this.#inner.keep(encoded, caller, n)
    void this.#record.write({ put: { n, id: caller.id, wire: encoded.wire } })
    this.#record.watch(sent, n)
    return sent
  }
}
