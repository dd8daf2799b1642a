import {
  type Envelope,
  type FileKeeper,
  type FileMessage,
  type FileMethod,
  isBlobOf,
  type Message,
  type MessageType,
  PosthouseError,
  parseAddress,
  type SavingOptions,
} from '@posthouse/core'
import type { Dialect } from '@posthouse/protocol'
import { bodyToValue } from '@posthouse/protocol/bodies'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Registry } from '../clients/registry.ts'
import type { GroupBook } from '../groups/group-book.ts'
import type { FileGrants } from './file-grants.ts'

/** What an office needs. */
export interface FileOfficeOptions {
  readonly keeper: FileKeeper
  readonly grants: FileGrants
  readonly registry: Pick<Registry, 'get'>
  readonly groups: Pick<GroupBook, 'get'>
}

const fileTypes: ReadonlySet<MessageType> = new Set<MessageType>(['image', 'file', 'folder', 'audio', 'video'])

/** Called with each message after its content was fetched. */
export type FileHandler = (message: FileMessage) => unknown

/** Joins messages to the files that they tell of: who may fetch which, and who asks. Spec: 11. */
export class FileOffice {
  readonly #options: FileOfficeOptions
  readonly grants: FileGrants

  constructor(options: FileOfficeOptions) {
    this.#options = options
    this.grants = options.grants
  }

  /**
   * Grants the file that a message tells of to its address. Where the sender may not fetch it itself, a message of v1 is
   * refused and one of cross_comm grants nothing. Spec: 11.4.2.
   * @param again the message was accepted before
   * @throws PosthouseError `forbidden`
   */
  admit(envelope: Envelope, again: boolean): void {
    if (!fileTypes.has(envelope.type)) return
    const key = keyIn(envelope)
    if (key === undefined) return
    const { kind, name } = parseAddress(envelope.from)
    if (kind === 'hub' || this.#mayFetch(name, key)) this.#options.grants.grant(key, envelope.to)
    else if (this.#isOfJava(envelope, key)) this.#options.grants.grant(`${key}/`, envelope.to)
    else if (!again && envelope.body.format !== 'cross_comm') {
      throw new PosthouseError(
        'forbidden',
        `${JSON.stringify(name)} may not fetch ${key}, and cannot give it to others`,
      )
    }
  }

  /**
   * Refuses a message for a time at which the file that it tells of has had its own. Spec: 4.1.10.
   * @throws PosthouseError `invalid_field`
   */
  assertKeptUntil({ type, ts }: Envelope, dueAt: number): void {
    const { keepMs } = this.#options.keeper
    if (!fileTypes.has(type) || dueAt < ts + keepMs) return
    const hours = Math.floor(keepMs / 3_600_000)
    throw new PosthouseError(
      'invalid_field',
      `send: deliverAt is too late for a file, which is kept for ${hours} hours`,
    )
  }

  /**
   * Refuses a file to a program that could not fetch it. Spec: 11.5.3.
   * @throws PosthouseError `no_shared_storage`
   */
  assertReachable(envelope: Envelope, dialect: Dialect, recipient: string = envelope.to): void {
    if (dialect !== 'cross_comm' || !this.#isKeptHere(envelope)) return
    const message = `${JSON.stringify(recipient)} speaks cross_comm and fetches files from a bucket; this hub keeps its files elsewhere`
    throw new PosthouseError('no_shared_storage', message)
  }

  /**
   * Refuses a file to a group with a member that could not fetch it. Spec: 11.5.3.
   * @throws PosthouseError `no_shared_storage`
   */
  assertAllReachable(envelope: Envelope, members: () => Iterable<Pick<ClientRecord, 'id' | 'link' | 'dialect'>>): void {
    if (!this.#isKeptHere(envelope)) return
    for (const { id, link, dialect } of members()) {
      const known = link?.dialect ?? dialect
      if (known !== undefined) this.assertReachable(envelope, known, id)
    }
  }

  /**
   * A handler that is called when what a message tells of was fetched for it, as far as it wants that. Other messages are handed
   * on as they are. Spec: 11.4.4.
   */
  receiving(wishes: SavingOptions, handler: FileHandler): (message: Message) => unknown {
    const mayFetch = (key: string): boolean => this.grants.has(key, isOwn)
    return async (message) => {
      const ready = fileTypes.has(message.type) ? this.#options.keeper.receive(message, wishes, mayFetch) : message
      return handler(await ready)
    }
  }

  /** What every client may call. */
  get methods(): Readonly<Record<string, CallHandler>> {
    return this.#handlers(this.#options.keeper.methods)
  }

  /** What only those may call who administer the hub. */
  get ownMethods(): Readonly<Record<string, CallHandler>> {
    return this.#handlers(this.#options.keeper.ownMethods)
  }

  #handlers(methods: Readonly<Record<string, FileMethod>>): Readonly<Record<string, CallHandler>> {
    return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, this.#handler(method)]))
  }

  #handler(method: FileMethod): CallHandler {
    return ({ from, body, signal }) => {
      const { kind, name } = parseAddress(from)
      const own = kind === 'hub'
      const mayFetch = own ? () => true : (key: string) => this.#mayFetch(name, key)
      return method({ client: own ? 'hub' : name, body, signal, mayFetch })
    }
  }

  /** True for a file of ours that lies where only this hub's clients fetch it. */
  #isKeptHere({ type, body }: Envelope): boolean {
    return fileTypes.has(type) && body.format !== 'cross_comm' && !this.#options.keeper.shared
  }

  /** True for a folder as Java programs name it: by its own name, beside all others in the bucket that they share with this hub. */
  #isOfJava({ type, body }: Envelope, key: string): boolean {
    if (!this.#options.keeper.shared || type !== 'folder' || body.format !== 'cross_comm') return false
    return !/^\.|\/|^cross_comm$/.test(key)
  }

  #mayFetch(client: string, key: string): boolean {
    const { grants } = this.#options
    return isBlobOf(client, key) || grants.has(key, (address) => this.#means(address, client))
  }

  /** True where what is sent to the address now would reach the client, or could on its wish. */
  #means(address: string, client: string): boolean {
    const { kind, name } = parseAddress(address)
    switch (kind) {
      case 'client':
        return name === client
      case 'group':
        return this.#options.groups.get(name)?.members.has(client) === true
      case 'channel':
      case 'queue':
        return this.#options.registry.get(client)?.link?.access.may('subscribe', address) === true
      default:
        return kind === 'all'
    }
  }
}

/** True for the addresses by which the hub itself is told of a file. */
function isOwn(address: string): boolean {
  const { kind } = parseAddress(address)
  return kind === 'hub' || kind === 'all'
}

/** The key of the file that a message tells of; nothing where it tells of none. */
function keyIn(envelope: Envelope): string | undefined {
  try {
    const body = bodyToValue(envelope)
    const key = typeof body === 'object' && body !== null && 'key' in body ? body.key : undefined
    return typeof key === 'string' && key !== '' && !key.includes('\n') ? key : undefined
  } catch {
    // What cannot be read is refused elsewhere, or passed on as it is.
    return undefined
  }
}
