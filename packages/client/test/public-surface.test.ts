import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as client from '@posthouse/client'
import * as calls from '@posthouse/client/calls'
import * as files from '@posthouse/client/files'
import * as indexeddb from '@posthouse/client/indexeddb'
import * as sqlite from '@posthouse/client/sqlite'

suite('@posthouse/client', () => {
  test('exports what its users need and no more', () => {
    assert.deepEqual(Object.keys(client).sort(), ['HubClient', 'Message', 'PosthouseError', 'isPosthouseError'])
  })

  test('exports storages in a SQLite file and in IndexedDB', () => {
    assert.deepEqual(Object.keys(sqlite), ['sqliteStorage'])
    assert.deepEqual(Object.keys(indexeddb), ['indexedDbStorage'])
  })

  test('exports the client of calls', () => {
    assert.deepEqual(Object.keys(calls).sort(), ['CallClient', 'createCallClient'])
    assert.deepEqual(Object.getOwnPropertyNames(calls.CallClient.prototype).sort(), [
      'call',
      'callWithCallback',
      'connect',
      'constructor',
      'disconnect',
      'handleCallback',
      'isConnected',
      'mode',
      'registerCallback',
      'stream',
      'unregister',
      'watch',
    ])
  })

  test('exports what reads file messages, makes names safe, pauses transfers and saves for a hub', () => {
    assert.deepEqual(Object.keys(files).sort(), ['TransferGate', 'fileOf', 'isFileMessage', 'receiveFile', 'safeName'])
  })

  test('a client has the documented members', () => {
    const members = Object.getOwnPropertyNames(client.HubClient.prototype).sort()
    assert.deepEqual(members, [
      'clientId',
      'clients',
      'close',
      'connect',
      'constructor',
      'download',
      'drain',
      'handle',
      'history',
      'join',
      'leave',
      'markRead',
      'messages',
      'on',
      'pause',
      'publish',
      'reconnect',
      'request',
      'resume',
      'send',
      'sendAudio',
      'sendFile',
      'sendFolder',
      'sendImage',
      'sendVideo',
      'setState',
      'state',
      'stream',
      'subscribe',
      'watch',
      'welcome',
      'work',
    ])
  })
})
