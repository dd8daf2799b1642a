import type { Handler } from './interceptor.ts'
import type { Message } from './message.ts'
import type { FileMessage, SavingOptions } from './received-file.ts'

/** What a client asks about files, as a hub hands it on. */
export interface FileQuestion {
  /** The id of the client, as the hub knows it. */
  readonly client: string
  readonly body: unknown
  /** True where the client may fetch the file of this key: it is its own, or a message has told the client of it. */
  readonly mayFetch: (key: string) => boolean
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Answers one method. What it throws fails the call. */
export type FileMethod = Handler<FileQuestion, unknown>

/** Keeps the files that messages tell of. A hub that is lent one has its clients ask it, and says who may fetch what. */
export interface FileKeeper {
  /** What every client may ask, by method. */
  readonly methods: Readonly<Record<string, FileMethod>>
  /** What only those may ask who administer the hub, by method; each name begins with `hub.`. */
  readonly ownMethods: Readonly<Record<string, FileMethod>>
  /** True where programs that speak cross_comm fetch files from the same place by themselves. */
  readonly shared: boolean
  /** How long files are kept, in milliseconds. `Infinity` where only a person removes them. */
  readonly keepMs: number
  /** Fetches what a message of a file or folder tells of for the hub itself, where it is wanted, and says how that went. It never fails. */
  receive(message: Message, wishes: SavingOptions, mayFetch: FileQuestion['mayFetch']): Promise<FileMessage>
}
