import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import { Hub, type HubOptions } from '@posthouse/hub'
import { type ClientFrame, defaultLimits } from '@posthouse/protocol'
import fc from 'fast-check'
import { AddressTable } from '../src/limits/address-table.ts'
import { Admission } from '../src/limits/admission.ts'
import { networkOf } from '../src/limits/network.ts'
import { resolveAllowances } from '../src/limits/rates.ts'
import { Throttle } from '../src/limits/throttle.ts'
import { ThrottledLog } from '../src/limits/throttled-log.ts'
import { LineLogger } from './start-hub.ts'

const empty = { format: 'json', bytes: new Uint8Array([0x22, 0x22]) } as const

function send(n: number): ClientFrame {
  return { op: 'send', id: `m${n}`, to: 'bob', type: 'text', body: empty, n }
}

function throttle(messages: number, bytes: number | false = false) {
  const clock = new ManualClock()
  const small = { ...defaultLimits, frameBytes: 1 }
  const limits = { ...small, windowMessages: 4 }
  return {
    clock,
    throttle: new Throttle({ clock, limits, allowances: resolveAllowances({ messages, bytes }, {}, small) }),
  }
}

suite('rates and quotas', () => {
  test('that make no sense are refused', () => {
    const wrong: readonly HubOptions[] = [
      { rates: { messages: 0 } },
      { rates: { connects: { perSecond: 1, burst: 0 } } },
      { rates: { messages: Number.NaN } },
      { rates: { bytes: { perSecond: 1000, burst: 1000 } } },
      { quotas: { connections: 0 } },
      { quotas: { strangers: 1.5 } },
      { quotas: { idsPerConnection: -1 } },
    ]
    for (const options of wrong) assert.throws(() => new Hub(options), { code: 'invalid_option' })
  })

  test('have documented defaults, and each can be switched off', () => {
    const endless = Number.POSITIVE_INFINITY
    const usual = resolveAllowances({}, {}, defaultLimits)
    assert.deepEqual(usual, {
      messages: { perSecond: 200_000, burst: 400_000 },
      bytes: { perSecond: 64 * 1_048_576, burst: 128 * 1_048_576 },
      connects: { perSecond: 50, burst: 500 },
      connections: endless,
      strangers: 5000,
      strangersPerAddress: 200,
      idsPerConnection: 1000,
      groups: 10_000,
      groupsPerClient: 64,
      groupMembers: 100_000,
      queues: 10_000,
      countLoopback: { connects: false, strangers: false },
    })
    const off = resolveAllowances(
      { messages: false, bytes: endless, connects: false },
      { connections: false, strangers: false, strangersPerAddress: endless, idsPerConnection: false },
      defaultLimits,
    )
    for (const rate of [off.messages, off.bytes, off.connects]) assert.equal(rate.perSecond, endless)
    for (const quota of [off.connections, off.strangers, off.strangersPerAddress, off.idsPerConnection]) {
      assert.equal(quota, endless)
    }
  })
})

suite('a throttle', () => {
  test('counts messages that hold nothing', () => {
    const { throttle: strict } = throttle(2)
    for (let message = 0; message < 8; message++) strict.admit([], 2)
    assert.throws(() => strict.admit([], 2), { code: 'rate_limited' })
  })

  test('refuses what is sent above the rate, and serves the rest of the message', () => {
    const { throttle: strict, clock } = throttle(2)
    const frames = [send(1), send(2), { op: 'ping' } as const, send(3), send(4), send(5)]
    const admitted = strict.admit(frames, 100)
    assert.deepEqual(
      admitted.map((frame) => (frame.op === 'bad' ? [frame.error.code, frame.n] : frame.op)),
      ['send', 'send', 'ping', 'send', ['rate_limited', 4], ['rate_limited', 5]],
    )
    clock.advance(500)
    assert.deepEqual(
      strict.admit([send(6), send(7)], 100).map(({ op }) => op),
      ['send', 'bad'],
    )
  })

  test('never refuses an acknowledgement, and tells live messages by no number', () => {
    const { throttle: strict } = throttle(1)
    const live = { op: 'send', id: 'x', to: 'bob', type: 'text', body: empty, qos: 0 } as const
    const admitted = strict.admit([{ op: 'ack', seq: 1 }, { op: 'ping' }, { op: 'ack', seq: 2 }, live], 1)
    assert.deepEqual(
      admitted.map(({ op }) => op),
      ['ack', 'ping', 'ack', 'bad'],
    )
    const last = admitted.at(-1)
    assert.ok(last?.op === 'bad' && last.n === undefined && last.id === 'x')
  })

  test('counts no acknowledgement that a delivery asked for', () => {
    const { throttle: strict } = throttle(1)
    const ack = { op: 'ack', seq: 1 } as const
    for (let n = 0; n < 100; n++) {
      strict.delivered()
      strict.admit([ack], 1)
    }
    for (let n = 0; n < 100; n++) strict.delivered()
    strict.admit([ack, ack, ack, ack], 1)
    strict.admit([send(1), send(2)], 1)
    strict.admit([ack, ack], 1)
    assert.throws(() => strict.admit([ack], 1), { code: 'rate_limited' })
  })

  test('gives up on who sends more than twice the rate, and on who floods it with pings', () => {
    const { throttle: strict, clock } = throttle(10)
    const wave = Array.from({ length: 20 }, (_, index) => send(index + 1))
    strict.admit(wave, 1)
    strict.admit(wave, 1)
    assert.throws(() => strict.admit([send(1)], 1), { code: 'rate_limited' })
    assert.equal(strict.ping()?.code, 'rate_limited')
    clock.advance(100)
    const codes = [strict.ping(), strict.ping(), strict.ping()].map((error) => error?.code)
    assert.deepEqual(codes, [undefined, undefined, 'rate_limited'])
  })

  test('takes a WebSocket message that is above the byte rate for refused as a whole', () => {
    const { throttle: strict, clock } = throttle(1000, 1000)
    assert.equal(strict.admit([send(1)], 2000)[0]?.op, 'send')
    assert.equal(strict.admit([send(2)], 1500)[0]?.op, 'bad')
    assert.throws(() => strict.admit([send(3)], 1500), { code: 'rate_limited' })
    clock.advance(1500)
    assert.equal(strict.admit([send(4)], 1500)[0]?.op, 'send')
  })
})

suite('the table of addresses', () => {
  test('never grows above its bound, and never lets one address through above its rate while it is remembered', () => {
    const attempts = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 300 })))
    fc.assert(
      fc.property(attempts, fc.integer({ min: 1, max: 20 }), (list, most) => {
        const clock = new ManualClock()
        const table = new AddressTable({ perSecond: 10, burst: 3 }, clock, most)
        const passed = new Map<number, number>()
        for (const [address, ms] of list) {
          clock.advance(ms)
          if (table.attempt(`10.0.0.${address}`) === 0) passed.set(address, (passed.get(address) ?? 0) + 1)
          assert.ok(table.size <= most)
        }
        if (new Set(list.map(([address]) => address)).size > most) return
        for (const count of passed.values()) assert.ok(count <= 3 + (clock.elapsed() / 1000) * 10 + 1e-6)
      }),
    )
  })

  test('says when to come back', () => {
    const clock = new ManualClock()
    const table = new AddressTable({ perSecond: 0.5, burst: 1 }, clock)
    assert.deepEqual([table.attempt('a'), table.attempt('a'), table.attempt('b')], [0, 2000, 0])
    clock.advance(2000)
    assert.equal(table.attempt('a'), 0)
  })
})

test('IPv6 addresses count by their /64, and mapped ones as what they map', () => {
  const networks: Readonly<Record<string, string>> = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:0db8:0001:0002::9': '2001:db8:1:2::/64',
    '2001:db8::1': '2001:db8:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '::1': '0:0:0:0::/64',
    unknown: 'unknown',
  }
  for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network, address)
})

suite('an admission', () => {
  function admission(rates: HubOptions['rates'], quotas: HubOptions['quotas'], connections = 0) {
    const clock = new ManualClock()
    const allowances = resolveAllowances(rates ?? {}, quotas ?? {}, defaultLimits)
    return { clock, admission: new Admission({ allowances, clock, connections: () => connections }) }
  }

  test('turns away who connects too often, each network on its own', () => {
    const { admission: door, clock } = admission({ connects: { perSecond: 1, burst: 2 } }, {})
    const statuses = (address: string) => door.refusal(address)?.status
    assert.equal(statuses('2001:db8::1'), undefined)
    assert.equal(statuses('2001:db8::2'), undefined)
    const refusal = door.refusal('2001:db8::3')
    assert.deepEqual([refusal?.status, refusal?.retryAfterS], ['429 Too Many Requests', 1])
    assert.equal(statuses('2001:db8:0:1::1'), undefined)
    clock.advance(1000)
    assert.equal(statuses('2001:db8::4'), undefined)
  })

  test('counts who has not logged in, in all and by address', () => {
    const { admission: door } = admission({}, { strangers: 3, strangersPerAddress: 2 })
    const settled = door.enter('192.0.2.1')
    door.enter('192.0.2.1')
    assert.match(door.refusal('192.0.2.1')?.reason ?? '', /your address/)
    const other = door.enter('192.0.2.2')
    assert.equal(door.refusal('192.0.2.3')?.status, '503 Service Unavailable')
    settled()
    settled()
    assert.equal(door.refusal('192.0.2.1'), undefined)
    other()
    assert.equal(door.refusal('192.0.2.3'), undefined)
  })

  test('lets this computer in without counting it, unless it is told to', () => {
    const { admission: open } = admission({}, {})
    for (let n = 0; n < 1000; n++) {
      open.enter('127.0.0.1')
      assert.equal(open.refusal('127.0.0.1'), undefined)
    }
    const { admission: strict } = admission({ connects: { perSecond: 1, burst: 1 } }, { strangersPerAddress: 1 })
    assert.equal(strict.refusal('::1'), undefined)
    assert.equal(strict.refusal('::1')?.status, '429 Too Many Requests')
    assert.equal(strict.refusal('127.0.0.1'), undefined)
    strict.enter('127.0.0.2')
    assert.match(strict.refusal('127.0.0.2')?.reason ?? '', /not logged in/)
  })

  test('keeps to the number of connections', () => {
    const { admission: door } = admission({}, { connections: 2 }, 2)
    assert.equal(door.refusal('127.0.0.1')?.status, '503 Service Unavailable')
  })
})

test('a flood of equal lines is cut off, and then told as a number', () => {
  const clock = new ManualClock()
  const lines = new LineLogger()
  const log = new ThrottledLog(lines, clock)
  for (let n = 0; n < 50; n++) log.warn('a message was dropped', { n })
  log.warn('something else')
  assert.equal(lines.lines.drain().length, 21)
  log.check(clock.elapsed())
  assert.deepEqual(lines.lines.drain(), [])
  clock.advance(10_000)
  log.check(clock.elapsed())
  assert.deepEqual(lines.lines.drain(), [
    { level: 'warn', message: 'a message was dropped', fields: { suppressed: 30 } },
  ])
  log.warn('a message was dropped', { n: 50 })
  log.error('the store failed', { error: new PosthouseError('internal', 'x') })
  assert.equal(lines.lines.drain().length, 2)
})
