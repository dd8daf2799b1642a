import { type LogFields, type Logger, ManualClock, MemoryInboxStore } from '@posthouse/core'
import { jsonClientCodec, jsonHubCodec, readPartFrame, type Wire } from '@posthouse/protocol'
import { msgpackClientCodec, msgpackHubCodec } from '@posthouse/protocol/msgpack'
import type { Action, LetterKind } from './actions.ts'
import { Cable } from './cable.ts'
import type { Config } from './config.ts'
import { type Letter, Life } from './life.ts'
import { sabotagedHub, sabotagedStore } from './sabotage.ts'
import { SimHub } from './sim-hub.ts'
import { SteppedStore } from './stepped-store.ts'
import type { Inquiry } from './telephone.ts'
import { Witness } from './witness.ts'

/** What became of a send, as its caller was told. */
interface Sending {
  readonly life: Life
  readonly letter: Letter
  answer: string | undefined
}

/** A call, and how it ended. */
interface Conversation {
  readonly life: Life
  readonly inquiry: Inquiry
  ending: string | undefined
}

type Trace = (line: string) => void

/** Clients, cables, a hub and its store; whatever happens, happens through `act`. */
export class World {
  readonly config: Config
  readonly witness: Witness
  readonly lives: Life[] = []
  readonly cables: Cable[] = []
  readonly sendings: Sending[] = []
  readonly conversations: Conversation[] = []
  /** Calls that a handler has seen. */
  readonly #handled = new Set<string>()
  readonly #trace: Trace | undefined
  readonly #clock = new ManualClock()
  readonly #lasting: MemoryInboxStore
  #storesMayFail = false
  #cableCount = 0
  hub: SimHub
  store: SteppedStore

  constructor(config: Config, trace?: Trace) {
    this.config = config
    this.#trace = trace
    this.witness = new Witness(config.limits, { now: () => this.#clock.now(), hubNow: () => this.hub.clock.now() })
    this.#lasting = new MemoryInboxStore({ limits: config.inbox, clock: this.#clock })
    this.store = this.#openStore()
    this.hub = this.#startHub()
  }

  /** Running programs of a client, the newest first. */
  livesOf(client: string): readonly Life[] {
    return this.lives.filter((life) => life.client === client && life.state === 'running').reverse()
  }

  /** Cables of a client, the newest first. */
  cablesOf(client: string): readonly Cable[] {
    return this.cables.filter((cable) => cable.client === client).reverse()
  }

  /** Does one thing and lets the tick that it belongs to come to its end. */
  async act(action: Action): Promise<void> {
    this.#perform(action)
    await this.settle()
  }

  /** Two turns of the event loop: one for what gathers output, one for what that sets going. */
  async settle(): Promise<void> {
    await turn()
    await turn()
    for (const life of this.lives) if (life.state === 'running') this.#flush(life)
    for (let index = this.cables.length - 1; index >= 0; index--) {
      if (this.cables[index]?.spent) this.cables.splice(index, 1)
    }
  }

  /** Lets everything go on that waits on cables and in the store. */
  async flow(): Promise<void> {
    for (let round = 0; round < 2000; round++) {
      const busy = this.cables.filter((cable) => cable.up.length + cable.down.length > 0)
      const operations = this.store.waiting.length
      if (busy.length + operations === 0) return
      for (const cable of busy) {
        this.#carry(cable, 'up')
        this.#carry(cable, 'down')
      }
      for (let index = 0; index < operations; index++) this.store.step(0)
      await this.settle()
    }
    this.witness.fail('nothing is left behind', 'the world does not come to rest')
  }

  connect(life: Life): void {
    if (life.cable !== undefined || life.state !== 'running' || !this.hub.listening) return
    const { client, dialect } = life
    const cable = new Cable(++this.#cableCount, client, life, {
      wrote: (wire) => this.#hubWrites(cable, wire),
      lost: () => this.witness.hubLost(cable),
    })
    this.cables.push(cable)
    this.witness.opened(cable, life)
    this.hub.admit(cable.socket, dialect)
    life.open(cable)
  }

  /** The newest program of a client, or a new one. */
  livingLife(client: string): Life {
    return this.livesOf(client)[0] ?? this.#newLife(client)
  }

  advance(ms: number): void {
    this.#clock.advance(ms)
    this.hub.clock.advance(ms)
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'connect':
        this.connect(this.livesOf(action.client)[action.life] ?? this.livingLife(action.client))
        break
      case 'send':
        this.#send(action.client, action.to, action.kind)
        break
      case 'store':
        this.#stepStore(action.operation, action.fails ?? false)
        break
      case 'return':
        this.livesOf(action.client)[action.life]?.giveBack(action.job)
        break
      case 'finish':
        this.livesOf(action.client)[action.life]?.finish(action.job)
        break
      case 'ask':
        this.livesOf(action.client)[0]?.ask(action)
        break
      case 'state':
        this.livesOf(action.client)[0]?.say(action.state)
        break
      case 'call':
        this.#call(action)
        break
      case 'answer':
        this.livesOf(action.client)[action.life]?.telephone.pickUp(action.job)
        break
      case 'hangUp':
        this.livesOf(action.client)[0]?.telephone.talking[action.call]?.abort()
        break
      case 'wait':
        this.advance(action.ms)
        break
      case 'hub':
        this.#crashHub(action.commits)
        break
      case 'flow':
        break
      case 'carry':
      case 'cut':
      case 'notice':
        this.#performOnCable(action)
        break
      default:
        this.#performOnLife(action.do, action.client)
    }
  }

  #performOnCable(action: Extract<Action, { readonly cable: number }>): void {
    const cable = this.cablesOf(action.client)[action.cable]
    if (cable === undefined) return
    if (action.do === 'carry') this.#carry(cable, action.way)
    else if (action.do === 'notice') {
      if (cable.severed) notice(cable, action.end)
    } else {
      cable.sever()
      if (action.noticed === 'both' || action.noticed === 'hub') notice(cable, 'hub')
      if (action.noticed === 'both' || action.noticed === 'client') notice(cable, 'client')
    }
  }

  #performOnLife(what: 'abandon' | 'crash' | 'twin' | 'leave' | 'watch', client: string): void {
    const [life] = this.livesOf(client)
    if (what === 'watch') life?.watch()
    else if (what === 'twin') this.connect(this.#newLife(client))
    else if (what === 'abandon') life?.abandon()
    else if (what === 'crash') life?.crash()
    else if (life?.cable !== undefined) {
      const { cable } = life
      this.#watchWriting(cable, () => life.leave())
    }
  }

  #newLife(client: string): Life {
    const { dialects, sabotage } = this.config
    const number = this.lives.filter((life) => life.client === client).length + 1
    const options = { client, number, dialect: dialects[client] ?? 'json', clock: this.#clock }
    const life = new Life(
      { ...options, hasty: sabotage === 'hasty-acks' },
      {
        started: (who, message, stored) => {
          this.#trace?.(`  ${who.name} begins ${message.id}`)
          this.witness.started(who, message, stored)
        },
        completed: (who, message) => this.witness.completed(who, message),
        returned: (who, message) => this.witness.returned(who, message),
        stale: (who, detail) => this.witness.fail('presence does not go back', `${who.name}: ${detail}`),
        called: (_, tag) => this.#called(tag),
        crossed: (who, detail) => this.witness.fail('an answer reaches its caller', `${who.name}: ${detail}`),
        gap: (who, gap) => this.#trace?.(`  ${who.name} is told of a gap ${JSON.stringify(gap)}`),
        broken: (who, error) =>
          this.witness.fail('neither end finds a broken protocol', `${who.name}: ${error.code}: ${error.message}`),
      },
    )
    this.lives.push(life)
    return life
  }

  #send(client: string, to: string, kind: LetterKind): void {
    const [life] = this.livesOf(client)
    if (life === undefined) return
    const id = `m${this.sendings.length + 1}`
    const sending: Sending = { life, letter: letterOf(id, to, kind), answer: undefined }
    this.sendings.push(sending)
    this.witness.letter(life, sending.letter)
    const answered = (answer: string): void => {
      this.#trace?.(`  ${life.name} hears of ${id}: ${answer}`)
      sending.answer = answer
    }
    life.send(sending.letter).then(answered, (error: { readonly code: string }) => answered(error.code))
  }

  #call({ client, to, method, timeoutMs }: Extract<Action, { readonly do: 'call' }>): void {
    const [life] = this.livesOf(client)
    if (life === undefined) return
    const tag = `c${this.conversations.length + 1}`
    const conversation: Conversation = { life, inquiry: { tag, to, method, timeoutMs }, ending: undefined }
    this.conversations.push(conversation)
    life.telephone.make(conversation.inquiry).then((ending) => {
      this.#trace?.(`  ${life.name} hears of ${tag}: ${ending}`)
      conversation.ending = ending
      if (brokenCodes.has(ending)) {
        this.witness.fail('neither end finds a broken protocol', `${tag} of ${life.name} ended with ${ending}`)
      }
    })
  }

  #called(tag: string): void {
    if (this.#handled.has(tag)) this.witness.fail('a call is handled once', `${tag} is not`)
    this.#handled.add(tag)
  }

  #stepStore(index: number, fails: boolean): void {
    if (fails) this.#storesMayFail = true
    this.#trace?.(`  the store ${fails ? 'fails at' : 'does'} ${this.store.waiting[index] ?? 'nothing'}`)
    if (fails) this.store.fail(index)
    else this.store.step(index)
  }

  #carry(cable: Cable, way: 'up' | 'down'): void {
    const skip = this.config.sabotage === 'overtaking' && way === 'down' && cable.id % 2 === 0 ? 1 : 0
    const parcel = cable[way][Math.min(skip, cable[way].length - 1)]
    if (parcel === undefined) return
    this.#trace?.(`  ${cable.client}#${cable.id} ${way}: ${'wire' in parcel ? shown(parcel.wire) : parcel.close}`)
    const frames = 'wire' in parcel ? decoded(parcel.wire, way) : []
    if (way === 'up') this.witness.hubHears(cable, frames as Parameters<Witness['hubHears']>[1])
    else if (cable.clientEnd !== undefined)
      this.witness.clientHears(cable, frames as Parameters<Witness['clientHears']>[1])
    const admitted = cable.socket.open
    cable.carry(way, skip)
    if (admitted && way === 'up' && frames.some(({ op }) => op === 'hello')) this.witness.hubHeardHello(cable)
    if ('close' in parcel && way === 'down') this.#judgeClose(cable, parcel.close)
  }

  /** Closes that say that somebody broke the rules must not happen: nobody here does. */
  #judgeClose(cable: Cable, code: number): void {
    if (code < 4400 || code === 4408 || code === 4409 || code >= 4500) return
    this.witness.fail('neither end finds a broken protocol', `${cable.client}#${cable.id} is closed with ${code}`)
  }

  #flush(life: Life): void {
    const { cable } = life
    if (cable === undefined) return
    this.#watchWriting(cable, () => life.flush())
  }

  #watchWriting(cable: Cable, write: () => void): void {
    const before = cable.up.length
    write()
    for (const parcel of cable.up.slice(before)) {
      if ('close' in parcel) continue
      this.witness.clientSays(cable, decoded(parcel.wire, 'up') as Parameters<Witness['clientSays']>[1])
    }
  }

  #hubWrites(cable: Cable, wire: Wire): void {
    if (!cable.severed) this.witness.hubSays(cable, decoded(wire, 'down') as Parameters<Witness['hubSays']>[1])
  }

  #crashHub(commits?: number): void {
    const { durable } = this.config
    this.store.halt(durable ? commits : 0)
    for (const cable of this.cables) {
      cable.sever()
      cable.socket.silence()
    }
    this.witness.hubDied(durable)
    this.store = this.#openStore()
    this.hub = this.#startHub()
  }

  #openStore(): SteppedStore {
    const { durable, eager, inbox, sabotage } = this.config
    const inner = durable ? this.#lasting : new MemoryInboxStore({ limits: inbox, clock: this.#clock })
    const onCommit: ConstructorParameters<typeof SteppedStore>[1]['onCommit'] = (...what) =>
      this.witness.committed(...what)
    return new SteppedStore(sabotagedStore(inner, sabotage), { eager, onCommit })
  }

  #startHub(): SimHub {
    const { limits, hardBytes, sabotage } = this.config
    const clock = new ManualClock(this.#clock.now())
    const { store } = this
    // Whoever runs it tries again.
    const onFailure = (): void => {
      if (store === this.store) this.#crashHub()
    }
    const lease = sabotage === 'hasty-leases' ? { leaseMs: 1 } : {}
    const hub = new SimHub({ store, clock, logger: this.#logger(), limits, hardBytes, onFailure, ...lease })
    sabotagedHub(hub, sabotage)
    return hub
  }

  #logger(): Logger {
    const quiet = (message: string, fields?: LogFields): void =>
      this.#trace?.(`  hub: ${message} ${JSON.stringify(fields ?? {})}`)
    const loud = (message: string, fields?: LogFields): void => {
      quiet(message, fields)
      if (!this.#storesMayFail) this.witness.fail('neither end finds a broken protocol', `the hub logs: ${message}`)
    }
    return { debug: () => undefined, info: quiet, warn: quiet, error: loud }
  }
}

/** How no call of these clients may end. */
const brokenCodes: ReadonlySet<string> = new Set(['call_failed', 'window_exceeded', 'unexpected_frame', 'internal'])

/** One end learns that a cable has been cut. */
function notice(cable: Cable, end: 'hub' | 'client'): void {
  if (end === 'hub') cable.socket.gone(1006)
  else {
    const client = cable.clientEnd
    cable.clientEnd = undefined
    client?.ended(1006)
  }
}

function letterOf(id: string, to: string, kind: LetterKind): Letter {
  const plain = { id, to, type: 'text', value: id, qos: 1 } as const
  switch (kind) {
    case 'wide':
      return { ...plain, value: id.padEnd(200, '.') }
    case 'large':
      return { ...plain, value: id.padEnd(400, '.') }
    case 'misfit':
      return { ...plain, type: 'dict' }
    case 'odd':
      return { ...plain, type: 'dict', value: JSON.parse('{"__proto__": 1}') }
    case 'live':
      return { ...plain, qos: 0 }
    case 'brief':
      return { ...plain, ttlMs: 500 }
    default:
      return plain
  }
}

/** The frames of a WebSocket message as the end that it goes to reads them. */
function decoded(wire: Wire, way: 'up' | 'down'): readonly { readonly op: string }[] {
  const json = typeof wire === 'string'
  if (way === 'up') return (json ? jsonHubCodec : msgpackHubCodec).decode(wire)
  return (json ? jsonClientCodec : msgpackClientCodec).decode(wire).map(readPartFrame)
}

function shown(wire: Wire): string {
  const text =
    typeof wire === 'string'
      ? wire
      : Buffer.from(wire)
          .toString('latin1')
          .replaceAll(/[^ -~]+/g, ' ')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
