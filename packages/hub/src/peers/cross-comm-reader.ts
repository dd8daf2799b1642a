import { PosthouseError, toPosthouseError } from '@posthouse/core'
import {
  type CrossCommAction,
  type CrossCommFrame,
  decodeCrossComm,
  maxCrossCommBytes,
} from '@posthouse/protocol/cross-comm'
import { QuestionRate } from '../limits/question-rate.ts'
import type { ReadPace } from '../limits/read-pace.ts'
import { crossCommEnvelope } from './cross-comm-envelope.ts'
import type { CrossCommIds } from './cross-comm-ids.ts'
import { clientsFor, fittingList } from './cross-comm-listing.ts'
import { answer, type CrossCommVisit } from './cross-comm-visit.ts'
import type { PongConfirmation } from './pong-confirmation.ts'

/** What a reader works with. */
export interface CrossCommReaderOptions {
  readonly visit: CrossCommVisit
  readonly ids: CrossCommIds
  readonly pace: ReadPace
  readonly confirmation: PongConfirmation
}

/** What comes in over one cross_comm connection: messages become frames, and frames what is asked for. */
export class CrossCommReader {
  readonly #options: CrossCommReaderOptions
  readonly #visit: CrossCommVisit
  readonly #questions: QuestionRate

  constructor(options: CrossCommReaderOptions) {
    this.#options = options
    this.#visit = options.visit
    this.#questions = new QuestionRate(options.visit.parts.clock)
  }

  /** Takes one WebSocket message. */
  message(data: Uint8Array): void {
    const { connection, parts, session } = this.#visit
    this.#options.pace.read(data.byteLength)
    try {
      if (data.byteLength > maxCrossCommBytes) {
        connection.close(1009, `a message has ${data.byteLength} bytes; at most ${maxCrossCommBytes} are allowed`)
        return
      }
      const frame = decodeCrossComm(data)
      parts.tally.framesReceived++
      if (frame.type === 'heartbeat') this.#options.confirmation.heartbeat()
      for (const action of session.receive(frame)) this.#act(action)
    } catch (error) {
      this.#drop(toPosthouseError(error))
    }
  }

  #act(action: CrossCommAction): void {
    const { ids } = this.#options
    switch (action.do) {
      case 'login':
        ids.login(action.client)
        break
      case 'logout':
        ids.logout(action.client)
        break
      case 'list':
        this.#list(action.asker, action.onlyOnline)
        break
      case 'publish':
        this.#publish(action.client, action.frame)
        break
      case 'publishUnbound':
        this.#publishUnbound(action.client, action.frame)
        break
      case 'drop':
        this.#drop(action.error)
        break
      case 'close':
        ids.refuse(action.error)
        break
    }
  }

  #list(asker: string, onlyOnline: boolean): void {
    const { ids } = this.#options
    const { parts } = this.#visit
    if (ids.admit(asker) === undefined) return
    const error = this.#questions.ask(parts.registry.size)
    if (error !== undefined) {
      this.#drop(error)
      return
    }
    parts.tally.listAnswers++
    const clients = clientsFor(parts, ids.accessOf(asker), onlyOnline)
    const { content, listed } = fittingList(clients, onlyOnline)
    if (listed < clients.length) {
      parts.logger.warn('a list of clients was cut to fit a cross_comm frame', { of: clients.length, to: listed })
    }
    answer(this.#visit, { to: asker, type: 'list_clients_response', content })
  }

  #publish(client: string, frame: CrossCommFrame): void {
    const { ids, pace } = this.#options
    const { parts } = this.#visit
    try {
      const envelope = crossCommEnvelope(frame, client, parts.clock.now())
      ids.accessOf(client).assertMay('send', envelope.to)
      const record = parts.registry.get(client)
      if (record !== undefined) record.received++
      pace.began()
      parts.router.store({ envelope }, (outcome) => {
        pace.settled()
        if (outcome.state === 'refused') this.#drop(outcome.error, frame)
      })
    } catch (error) {
      this.#drop(toPosthouseError(error), frame)
    }
  }

  /** Somebody sends under an id that this connection is not logged in with. */
  #publishUnbound(client: string, frame: CrossCommFrame): void {
    const { parts, connection } = this.#visit
    if (this.#options.ids.admit(client) === undefined) return
    if (parts.registry.get(client)?.link === undefined) {
      this.#publish(client, frame)
      return
    }
    const message = `this connection is not logged in as ${client}, who is connected elsewhere`
    connection.fail(new PosthouseError('forbidden', message))
  }

  #drop({ code, message: reason }: PosthouseError, frame?: CrossCommFrame): void {
    const { parts, connection } = this.#visit
    parts.tally.refused.add(code)
    const about = frame && { id: frame.id, to: frame.to, type: frame.type }
    parts.logger.warn('a cross_comm message was dropped', { ...about, code, reason, remote: connection.remote })
  }
}
