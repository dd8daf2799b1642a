import { type Action, described, letterKinds, type Noticed } from './actions.ts'
import type { Cable } from './cable.ts'
import { type Circumstances, type Config, drawConfig } from './config.ts'
import { Random, weighted } from './random.ts'
import type { Violation } from './rule.ts'
import { callMethods } from './telephone.ts'
import { World } from './world.ts'

/** What a run came to. */
export interface Outcome {
  readonly config: Config
  readonly actions: readonly Action[]
  readonly violation: Violation | undefined
}

/** How a run is made. */
export interface RunOptions extends Circumstances {
  readonly trace?: (line: string) => void
}

/** Draws a run from its seed and carries it out. */
export function simulate(seed: number, options: RunOptions = {}): Promise<Outcome> {
  return withoutStacks(() => drawAndRun(seed, options))
}

/** Carries out a list of actions, whether it was drawn or cut down. */
export function replay(
  config: Config,
  actions: readonly Action[],
  options: RunOptions = {},
): Promise<Violation | undefined> {
  return withoutStacks(() => run(config, actions, options))
}

async function drawAndRun(seed: number, options: RunOptions): Promise<Outcome> {
  const random = new Random(seed)
  const config = drawConfig(random, options)
  const world = new World(config, options.trace)
  await world.flow()
  const actions: Action[] = config.clients.map((client) => ({ do: 'connect', client, life: 0 }))
  if (random.chance(0.8)) actions.push({ do: 'flow' })
  let next = 0
  while (world.witness.violation === undefined && next < config.steps) {
    const action = actions[next] ?? drawAction(world, random)
    if (next === actions.length) actions.push(action)
    next++
    await perform(world, action, options)
  }
  await heal(world, options)
  return { config, actions: actions.slice(0, next), violation: world.witness.violation }
}

async function run(config: Config, actions: readonly Action[], options: RunOptions): Promise<Violation | undefined> {
  const world = new World(config, options.trace)
  await world.flow()
  for (const action of actions) {
    await perform(world, action, options)
    if (world.witness.violation !== undefined) break
  }
  await heal(world, options)
  return world.witness.violation
}

/** Refusals are ordinary here, and the stacks of their errors take a fifth of the time. */
async function withoutStacks<Value>(task: () => Promise<Value>): Promise<Value> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await task()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

async function perform(world: World, action: Action, { trace }: RunOptions): Promise<void> {
  trace?.(described(action))
  await world.act(action)
  if (action.do === 'flow') await world.flow()
}

/** Mends everything and gives it time; then nothing may be left undone. */
async function heal(world: World, { trace }: RunOptions): Promise<void> {
  if (world.witness.violation !== undefined) return
  trace?.('everything is mended')
  for (const client of world.config.clients) {
    for (const elder of world.livesOf(client).slice(1)) elder.crash()
  }
  for (let second = 0; second < 60; second++) {
    await mend(world)
    findWorkers(world)
    if (world.witness.violation !== undefined || (second > 12 && rested(world))) break
    world.advance(1000)
  }
  await checkRest(world)
}

async function mend(world: World): Promise<void> {
  for (const cable of [...world.cables]) {
    if (!cable.severed) continue
    cable.socket.gone(1006)
    const end = cable.clientEnd
    cable.clientEnd = undefined
    end?.ended(1006)
  }
  await world.flow()
  for (const client of world.config.clients) world.connect(world.livingLife(client))
  await world.settle()
  for (let round = 0; round < 100; round++) {
    await world.flow()
    const busy = world.lives.filter(({ state, working, telephone }) => {
      return state === 'running' && working.length + telephone.ringing.length > 0
    })
    if (busy.length === 0) return
    for (const life of busy) {
      while (life.working.length > 0) life.finish(0)
      while (life.telephone.ringing.length > 0) life.telephone.pickUp(0)
    }
    await world.settle()
  }
}

/** Somebody does what is left to do. */
function findWorkers(world: World): void {
  if (!world.witness.queues.waiting) return
  const [client = ''] = world.config.clients
  for (const to of world.config.places) {
    if (to.startsWith('queue:')) world.livingLife(client).ask({ do: 'ask', client, op: 'subscribe', to, prefetch: 8 })
  }
}

function rested(world: World): boolean {
  return (
    !world.witness.queues.waiting &&
    world.lives.every((life) => life.state !== 'running' || (life.idle && life.cable !== undefined))
  )
}

async function checkRest(world: World): Promise<void> {
  const { witness, hub, config } = world
  if (witness.violation !== undefined) return
  const unanswered = world.sendings.find(({ life, answer }) => life.state === 'running' && answer === undefined)
  if (unanswered) witness.fail('every send is answered', `${unanswered.letter.id} of ${unanswered.life.name} is not`)
  witness.checkHandled()
  const open = world.conversations.find(({ life, ending }) => life.state !== 'crashed' && ending === undefined)
  if (open) witness.fail('every call ends', `${open.inquiry.tag} of ${open.life.name} does not`)
  if (hub.core.exchange.size > 0)
    witness.fail('nothing is left behind', `${hub.core.exchange.size} calls are under way`)
  for (const client of config.clients) {
    const state = world.store.inspect(client)
    await world.flow()
    const { messages } = await state
    if (messages > 0) witness.fail('nothing is left behind', `${messages} messages lie in the inbox of ${client}`)
  }
  checkPresence(world)
  const held = [...hub.core.registry.all()].reduce((sum, record) => sum + (record.held?.size ?? 0), 0)
  if (held > 0) witness.fail('nothing is left behind', `${held} confirmations are held`)
  // The hub looks now and then for what has passed its time, in sessions and in the store.
  if (hub.clock.pending > 2) witness.fail('nothing is left behind', `${hub.clock.pending} timers wait in the hub`)
}

function checkPresence({ witness, hub, lives }: World): void {
  const truth = hub.core.presence.list(true)
  for (const { name, client, state, onlooker } of lives) {
    if (state !== 'running') continue
    const error = onlooker.wanted ? onlooker.error(truth) : undefined
    if (error) witness.fail('watchers know who is there', `${name} ${error}`)
    const said = truth.find((info) => info.client === client)?.state ?? null
    if (said !== (onlooker.state ?? null)) {
      witness.fail('a state that was set is seen', `${name} said ${onlooker.state}, the hub knows ${said}`)
    }
  }
}

function drawAction(world: World, random: Random): Action {
  const { weights } = world.config
  const kinds = Object.entries(weights)
    .filter(([kind]) => kind !== 'storeFailure')
    .map(([kind, weight]) => [kind as Action['do'], weight] as const)
  for (let attempt = 0; attempt < 20; attempt++) {
    const kind = weighted(random, kinds)
    const action = kind && draw[kind](world, random)
    if (action) return action
  }
  return { do: 'wait', ms: 20 }
}

type Draw = (world: World, random: Random) => Action | undefined

const noticed: readonly Noticed[] = ['both', 'hub', 'client', 'nobody']
const strangers = ['nobody', 'group:g', 'client:', 'hub', 'all', 'all'] as const

/** How each kind of action is drawn; nothing where it makes no sense now. */
const draw: Readonly<Record<Action['do'], Draw>> = {
  connect: (world, random) => {
    const client = random.pick(world.config.clients)
    const life = random.chance(0.8) ? 0 : 1
    return world.livesOf(client)[life]?.cable === undefined ? { do: 'connect', client, life } : undefined
  },
  send: (world, random) => {
    const client = random.pick(world.config.clients)
    const { clients, places } = world.config
    const to = random.chance(0.85) ? random.pick([...clients, ...places]) : random.pick(strangers)
    const kind = random.chance(0.6) ? 'text' : random.pick(letterKinds)
    return world.livesOf(client).length > 0 ? { do: 'send', client, to, kind } : undefined
  },
  carry: (world, random) => {
    const ready = world.cables.flatMap((cable) => [
      ...(cable.up.length > 0 ? [{ cable, way: 'up' as const }] : []),
      ...(cable.down.length > 0 ? [{ cable, way: 'down' as const }] : []),
    ])
    if (ready.length === 0) return undefined
    const { cable, way } = random.pick(ready)
    return { do: 'carry', ...where(world, cable), way }
  },
  store: (world, random) => {
    const count = world.store.waiting.length
    if (count === 0) return undefined
    const operation = random.below(count)
    const failure = (world.config.weights.storeFailure ?? 0) * 0.03
    return { do: 'store', operation, ...(random.chance(failure) && { fails: true }) }
  },
  finish: (world, random) => {
    const busy = world.lives.filter((life) => life.state === 'running' && life.working.length > 0)
    if (busy.length === 0) return undefined
    const chosen = random.pick(busy)
    const life = world.livesOf(chosen.client).indexOf(chosen)
    return { do: 'finish', client: chosen.client, life, job: random.below(chosen.working.length) }
  },
  return: (world, random) => {
    const busy = world.lives.filter((life) => life.state === 'running' && life.working.length > 0)
    if (busy.length === 0) return undefined
    const chosen = random.pick(busy)
    const life = world.livesOf(chosen.client).indexOf(chosen)
    return { do: 'return', client: chosen.client, life, job: random.below(chosen.working.length) }
  },
  call: (world, random) => {
    const client = random.pick(world.config.clients)
    if (world.livesOf(client).length === 0) return undefined
    const to = random.chance(0.9) ? random.pick(world.config.clients) : random.pick(strangers)
    const timeoutMs = random.pick([500, 5000, 30_000])
    return { do: 'call', client, to, method: random.pick(callMethods), timeoutMs }
  },
  answer: (world, random) => {
    const busy = world.lives.filter(({ state, telephone }) => state === 'running' && telephone.ringing.length > 0)
    if (busy.length === 0) return undefined
    const chosen = random.pick(busy)
    const life = world.livesOf(chosen.client).indexOf(chosen)
    return { do: 'answer', client: chosen.client, life, job: random.below(chosen.telephone.ringing.length) }
  },
  hangUp: (world, random) => {
    const client = random.pick(world.config.clients)
    const count = world.livesOf(client)[0]?.telephone.talking.length ?? 0
    return count > 0 ? { do: 'hangUp', client, call: random.below(count) } : undefined
  },
  ask: (world, random) => {
    const { clients, places } = world.config
    if (places.length === 0) return undefined
    const client = random.pick(clients)
    const place = random.pick(places)
    const to = place.startsWith('channel:a') ? 'channel:a.*' : place
    const begins = random.chance(0.75)
    if (to.startsWith('group:')) return { do: 'ask', client, op: begins ? 'join' : 'leave', to }
    if (!begins) return { do: 'ask', client, op: 'unsubscribe', to }
    const how = to.startsWith('queue:')
      ? { prefetch: 1 + random.below(3) }
      : random.chance(0.3) && { after: 'start' as const }
    return { do: 'ask', client, op: 'subscribe', to, ...how }
  },
  flow: () => ({ do: 'flow' }),
  cut: (world, random) => {
    const whole = world.cables.filter((cable) => !cable.severed)
    if (whole.length === 0) return undefined
    return { do: 'cut', ...where(world, random.pick(whole)), noticed: random.pick(noticed) }
  },
  notice: (world, random) => {
    const severed = world.cables.filter((cable) => cable.severed)
    if (severed.length === 0) return undefined
    return { do: 'notice', ...where(world, random.pick(severed)), end: random.pick(['hub', 'client'] as const) }
  },
  abandon: (world, random) => {
    const connected = world.lives.filter((life) => life.state === 'running' && life.cable !== undefined)
    return connected.length === 0 ? undefined : { do: 'abandon', client: random.pick(connected).client }
  },
  crash: (world, random) => ({ do: 'crash', client: random.pick(world.config.clients) }),
  twin: (world, random) => ({ do: 'twin', client: random.pick(world.config.clients) }),
  leave: (world, random) => ({ do: 'leave', client: random.pick(world.config.clients) }),
  watch: (world, random) => ({ do: 'watch', client: random.pick(world.config.clients) }),
  state: (world, random) => {
    const client = random.pick(world.config.clients)
    return { do: 'state', client, state: random.chance(0.2) ? null : random.below(3) }
  },
  hub: (_, random) => ({ do: 'hub', commits: random.below(4) }),
  wait: (_, random) => ({ do: 'wait', ms: random.pick([20, 20, 1000, 1000, 3000, 11_000, 36_000, 130_000]) }),
}

function where(world: World, cable: Cable): { readonly client: string; readonly cable: number } {
  return { client: cable.client, cable: world.cablesOf(cable.client).indexOf(cable) }
}
