import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendFrame } from '@posthouse/protocol'
import { sendConflict } from '../src/session/send-conflict.ts'

const send = (to: string, fields: Partial<SendFrame>): SendFrame => ({
  op: 'send',
  id: 'm',
  to,
  type: 'text',
  body: { format: 'value', value: '' },
  ...fields,
})

const fitting: readonly (readonly [string, Partial<SendFrame>])[] = [
  ['bob', {}],
  ['all', {}],
  ['bob', { receipts: true, whenOffline: 'error' }],
  ['group:a', { receipts: true }],
  ['all', { receipts: false, retain: false }],
  ['bob', { qos: 0, whenOffline: 'drop' }],
  ['client:group:a', { whenOffline: 'store' }],
  ['channel:a.b', { retain: true }],
  ['channel:a.b', { retain: false, deliverAt: 1 }],
  ['queue:q', { priority: 9, deliverAt: 1 }],
  ['bob', { receipts: true, deliverAt: 1 }],
]

for (const [to, fields] of fitting) {
  test(`to ${to} goes ${JSON.stringify(fields)}`, () => assert.equal(sendConflict(send(to, fields)), undefined))
}

const conflicting: readonly (readonly [string, Partial<SendFrame>, string])[] = [
  ['bob', { qos: 0, receipts: true }, 'invalid_field'],
  ['bob', { qos: 0, deliverAt: 1 }, 'invalid_field'],
  ['bob', { qos: 0, whenOffline: 'store' }, 'invalid_field'],
  ['all', { receipts: true }, 'invalid_field'],
  ['hub', { receipts: true }, 'invalid_field'],
  ['channel:a', { receipts: true }, 'invalid_field'],
  ['queue:a', { receipts: true }, 'invalid_field'],
  ['group:a', { whenOffline: 'drop' }, 'invalid_field'],
  ['all', { whenOffline: 'store' }, 'invalid_field'],
  ['bob', { whenOffline: 'store', deliverAt: 1 }, 'invalid_field'],
  ['bob', { priority: 4 }, 'invalid_field'],
  ['group:a', { retain: true }, 'invalid_field'],
  ['channel:a', { retain: true, deliverAt: 1 }, 'invalid_field'],
  ['bob', { type: 'x-posthouse.receipt' }, 'invalid_field'],
  ['channel:a..b', { retain: true }, 'invalid_address'],
]

for (const [to, fields, code] of conflicting) {
  test(`to ${to} does not go ${JSON.stringify(fields)}`, () => {
    assert.equal(sendConflict(send(to, fields))?.code, code)
  })
}
