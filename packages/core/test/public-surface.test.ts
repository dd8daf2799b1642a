import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as core from '@posthouse/core'
import * as callbacks from '@posthouse/core/callbacks'
import * as help from '@posthouse/core/help'
import * as options from '@posthouse/core/options'
import manifest from '@posthouse/core/package.json' with { type: 'json' }
import * as policy from '@posthouse/core/policy'
import * as status from '@posthouse/core/status'
import * as testing from '@posthouse/core/testing'

describe('the public names of core', () => {
  it('are these at its root', () => {
    assert.deepEqual(Object.keys(core), [
      'BusyMap',
      'ChannelBound',
      'DeadlineWatch',
      'ManualClock',
      'MemoryBlobStore',
      'MemoryBrokerWire',
      'MemoryCallStore',
      'MemoryInboxStore',
      'Message',
      'MethodBody',
      'PosthouseError',
      'abortable',
      'addErrorRows',
      'assertAnnouncedSize',
      'assertAnnouncement',
      'assertBlobKey',
      'assertClientId',
      'assertPlainName',
      'assertSameContent',
      'base64ToBytes',
      'bearerToken',
      'blobFolder',
      'blobRange',
      'bytesToBase64',
      'canonicalAddress',
      'clientAddress',
      'createBlobKey',
      'createId',
      'cursorName',
      'defaultCallStoreBounds',
      'defaultInboxLimits',
      'defaultStoreBounds',
      'envelopeBytes',
      'errorTable',
      'escapePointer',
      'firstBehind',
      'formatAddress',
      'intercept',
      'isBlobOf',
      'isClientId',
      'isErrorCode',
      'isLogKind',
      'isMessageType',
      'isPosthouseError',
      'jsonSchemaIssue',
      'knownAddress',
      'maxNameLength',
      'messageMatcher',
      'messageTypes',
      'parseAddress',
      'parseText',
      'putBlob',
      'queueInbox',
      'randomHex',
      'readMessage',
      'reasonOf',
      'silentLogger',
      'sortedPage',
      'sweepBlobs',
      'systemClock',
      'toPosthouseError',
      'wantedLogs',
    ])
  })

  it('are these under ./policy', () => {
    assert.deepEqual(Object.keys(policy), [
      'RetryBudget',
      'TokenBucket',
      'backoff',
      'bulkhead',
      'circuitBreaker',
      'constantBackoff',
      'exponentialBackoff',
      'fallback',
      'hedge',
      'pause',
      'rateLimit',
      'retry',
      'run',
      'stack',
      'throwIfAborted',
      'timeout',
    ])
  })

  it('are these under ./status, beside a constant for each status', () => {
    assert.deepEqual(
      Object.keys(status).filter((name) => !/^(HTTP|WS)_/.test(name)),
      [
        'assertSendableCloseCode',
        'assertWireStatus',
        'closeCodeOfError',
        'errorOfCloseCode',
        'errorOfStatus',
        'isClientError',
        'isError',
        'isInformational',
        'isRedirect',
        'isSendableCloseCode',
        'isServerError',
        'isSuccess',
        'isThirdPartyError',
        'lookUpCloseCode',
        'lookUpStatus',
        'statusClass',
        'statusOfError',
        'thirdPartyStatusOfError',
        'wireStatusOf',
      ],
    )
  })

  it('are these under ./options', () => {
    assert.deepEqual(Object.keys(options), [
      'aClock',
      'aFlag',
      'aFunction',
      'aText',
      'aboveZero',
      'anObject',
      'anything',
      'belowOne',
      'checkOptions',
      'either',
      'finiteAboveZero',
      'listOf',
      'numberFrom',
      'objectWith',
      'oneOf',
      'optionsOf',
      'refusal',
      'secretly',
      'wholeFrom',
    ])
  })

  it('are these under ./testing', () => {
    assert.deepEqual(Object.keys(testing), [
      'blobStoreContract',
      'brokerContract',
      'callStoreContract',
      'changedStore',
      'inboxStoreContract',
    ])
  })

  it('are these under ./callbacks', () => {
    assert.deepEqual(Object.keys(callbacks), ['createSigningKey', 'signCallback', 'verifyCallback'])
  })

  it('are these under ./help', () => {
    assert.deepEqual(Object.keys(help), ['errorHelp', 'errorHttpStatus'])
  })

  it('have no other way in', () => {
    assert.deepEqual(Object.keys(manifest.exports), [
      '.',
      './policy',
      './status',
      './options',
      './testing',
      './callbacks',
      './help',
      './package.json',
    ])
  })
})
