import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { machineId as browserMachineId } from '../src/machine-id-browser.ts'
import { machineId } from '../src/machine-id-node.ts'

suite('the generated client id', () => {
  test('stands for the machine, and for one client on it', () => {
    const ids = [new HubClient().clientId, new HubClient().clientId]
    for (const id of ids) assert.match(id, /^[0-9a-f]{12}_[0-9a-f]{8}$/)
    assert.notEqual(ids[0], ids[1])
    assert.match(machineId(), /^[0-9a-f]{12}$/)
  })

  test('is kept by browsers that have a place for it', () => {
    assert.match(browserMachineId(), /^[0-9a-f]{12}$/)
    const kept = new Map<string, string>()
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, id: string) => kept.set(key, id),
    }
    Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true, writable: true })
    const first = browserMachineId()
    assert.equal(browserMachineId(), first)
    assert.deepEqual([...kept.values()], [first])
    const full = { getItem: () => null, setItem: () => assert.fail('full') }
    Object.defineProperty(globalThis, 'localStorage', { value: full, configurable: true, writable: true })
    assert.match(browserMachineId(), /^[0-9a-f]{12}$/)
  })
})
