import { errorTable } from '@posthouse/core'
import { Histogram } from './histogram.ts'
import { Labelled } from './labelled.ts'

const milliseconds: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]
const sizes: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

/** Close codes that are counted one by one: peers may choose from thousands. The others are RFC 6455's, section 7.4.1. */
const closeCodes: ReadonlySet<number | null> = new Set([
  ...Object.values(errorTable).map(({ closeCode }) => closeCode),
  ...Array.from({ length: 16 }, (_, index) => 1000 + index),
])

/**
 * What a hub counts since it was made. Every field is the name of a counter in `HubStats`, and is bumped where the thing
 * happens: this is plain numbers, because some of them grow with each message.
 */
export class Tally {
  /** TCP connections that became WebSockets. */
  connects = 0
  /** WebSocket messages that came. */
  socketMessagesReceived = 0
  /** Bytes of the WebSocket messages that came. */
  socketBytesReceived = 0
  /** Frames that were queued for peers. */
  framesSent = 0
  /** Bytes of these frames, without what joins them into WebSocket messages. */
  frameBytesSent = 0
  /** Frames that came from peers. */
  framesReceived = 0
  /** Messages of qos 0 that clients or the hub itself have published. */
  publishedLive = 0
  /** Messages of qos 1 that clients or the hub itself have published. */
  publishedStored = 0
  /** Deliveries of qos 0, one for each recipient. */
  deliveredLive = 0
  /** Deliveries of qos 1, one for each recipient and attempt. */
  deliveredStored = 0
  /** Acknowledgements that told something new. */
  acknowledgements = 0
  /** Live messages that a recipient missed because it read too slowly. */
  liveDropped = 0
  /** Stored messages that left an inbox undelivered, because their recipient's dialect cannot say them. */
  unsayable = 0
  /** Sessions that began. */
  sessionsNew = 0
  /** Sessions that a new connection went on with. */
  sessionsResumed = 0
  /** Sessions that ended because nobody came back to them in time. */
  sessionsExpired = 0
  /** Calls that were brought to a callee. */
  calls = 0
  /** Answers to `list` and `list_clients`. */
  listAnswers = 0
  /** Answers to `presence` questions. */
  presenceAnswers = 0
  /** Commits that the store has finished. */
  storeCommits = 0
  /** Messages and refusals that were in them. */
  storeAppends = 0
  /** Commits that the store has failed. */
  storeFailures = 0

  /** Connections that were closed, by close code; `other` for codes that mean nothing here. */
  readonly disconnects: Labelled = new Labelled()
  /** Logins, by dialect. */
  readonly logins: Labelled = new Labelled()
  /** What was refused to a client that stayed connected, by the code of the error. */
  readonly refused: Labelled = new Labelled()
  /** Calls that the hub has failed, before or after they reached their callee, by the code of the error. */
  readonly callsFailed: Labelled = new Labelled()
  /** Messages that became dead letters, by the code of the error. */
  readonly deadLetters: Labelled = new Labelled()
  /** Requests that the door did not let in, by HTTP status. */
  readonly turnedAway: Labelled = new Labelled()

  /** From the first message of a batch to when their senders were told that all of it is stored, in milliseconds. */
  readonly acceptMs: Histogram = new Histogram(milliseconds)
  /** How long the store took for a commit, in milliseconds. */
  readonly storeCommitMs: Histogram = new Histogram(milliseconds)
  /** Messages and refusals in one commit. */
  readonly storeBatch: Histogram = new Histogram(sizes)
  /**
   * From when the hub took a message to when it was queued for a recipient that was there, in milliseconds; one delivery of each
   * client is looked at a time.
   */
  readonly deliverMs: Histogram = new Histogram(milliseconds)
  /** From a delivery to its acknowledgement, in milliseconds; one delivery of each client is looked at a time. */
  readonly acknowledgeMs: Histogram = new Histogram(milliseconds)

  /** Counts a connection that was closed. */
  disconnected(code: number): void {
    this.disconnects.add(closeCodes.has(code) ? code : 'other')
  }
}
