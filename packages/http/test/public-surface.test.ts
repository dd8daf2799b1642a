import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as http from '@posthouse/http'

test('the public names of the HTTP client are these', () => {
  assert.deepEqual(Object.keys(http), [
    'HarRecorder',
    'HttpHeaders',
    'IncomingBody',
    'aiorequests',
    'closeGlobalClient',
    'createGuard',
    'createHttpClient',
    'del',
    'fastkit',
    'get',
    'getGlobalClient',
    'head',
    'isHttpError',
    'isSecretName',
    'logging',
    'metrics',
    'openTelemetry',
    'options',
    'patch',
    'post',
    'publicKeyHash',
    'put',
    'redactHeaders',
    'redactUrl',
    'redacted',
    'request',
    'requestContext',
    'toCurl',
  ])
})
