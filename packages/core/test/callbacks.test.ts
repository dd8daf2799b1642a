import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSigningKey, signCallback, verifyCallback } from '@posthouse/core/callbacks'

// The example that the libraries of Standard Webhooks test themselves with.
const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' }
const now = example.timestamp * 1000

describe('a signed callback', () => {
  it('has the signature that other libraries of the scheme make', async () => {
    assert.deepEqual(await signCallback({ ...example, keys: [key] }), {
      'webhook-id': example.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('is believed by a receiver with the key, whatever its headers are kept in', async () => {
    const headers = await signCallback({ ...example, keys: [key] })
    const kept = [headers, new Headers({ ...headers }), { 'Webhook-Id': headers['webhook-id'], ...upper(headers) }]
    for (const source of kept) {
      const verified = await verifyCallback({ headers: source, body: example.body, keys: [key], now })
      assert.deepEqual(verified, { id: example.id, timestamp: example.timestamp })
    }
  })

  it('is believed as bytes, too', async () => {
    const body = new TextEncoder().encode(example.body)
    const headers = await signCallback({ ...example, body, keys: [key] })
    await verifyCallback({ headers, body: example.body, keys: [key], now })
    await verifyCallback({ headers, body, keys: [key], now })
  })

  it('is believed by receivers of the old key and of the new one while keys change', async () => {
    const [old, young] = [createSigningKey(), createSigningKey()]
    const headers = await signCallback({ ...example, keys: [young, old] })
    for (const keys of [[old], [young], [createSigningKey(), old]]) {
      await verifyCallback({ headers, body: example.body, keys, now })
    }
  })

  it('is not believed with another body, id, time or key', async () => {
    const headers = await signCallback({ ...example, keys: [key] })
    const refused = { code: 'invalid_signature' }
    const verify = (change: object, body = example.body, keys = [key]) =>
      verifyCallback({ headers: { ...headers, ...change }, body, keys, now })
    await assert.rejects(verify({}, '{"test": 2432232315}'), refused)
    await assert.rejects(verify({ 'webhook-id': 'msg_other' }), refused)
    await assert.rejects(verify({ 'webhook-timestamp': '1614265331' }), refused)
    await assert.rejects(verify({}, example.body, [createSigningKey()]), refused)
    await assert.rejects(verify({}, example.body, []), refused)
    await assert.rejects(verify({ 'webhook-signature': 'v1,AAAA v1,% v2,x' }), refused)
    await assert.rejects(verify({ 'webhook-signature': undefined }), /has no header webhook-signature/)
  })

  it('is not believed when it comes much later, or from the future', async () => {
    const headers = await signCallback({ ...example, keys: [key] })
    for (const shift of [-300_001, 300_001]) {
      const late = verifyCallback({ headers, body: example.body, keys: [key], now: now + shift })
      await assert.rejects(late, { code: 'invalid_signature' })
    }
    const patient = { headers, body: example.body, keys: [key], now: now + 300_001, toleranceMs: 400_000 }
    await verifyCallback(patient)
    const timeless = { ...headers, 'webhook-timestamp': 'soon' }
    await assert.rejects(verifyCallback({ ...patient, headers: timeless }), { code: 'invalid_signature' })
  })
})

describe('a key for callbacks', () => {
  it('is refused where it is none, without being shown', async () => {
    for (const text of ['secret', 'whsec_c2hvcnQ=', 'whsec_!!!']) {
      const attempt = signCallback({ ...example, keys: [text] })
      await assert.rejects(attempt, (error: Error) => {
        assert.match(error.message, /a key for callbacks is whsec_ and at least 24 bytes/)
        assert.ok(!error.message.includes(text))
        return true
      })
    }
    await assert.rejects(signCallback({ ...example, keys: [] }), { code: 'invalid_option' })
  })
})

function upper(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), String(value)]))
}
