import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { blobStoreContract } from '@posthouse/core/testing'
import { openOssBlobStore, ossEnvironment } from '@posthouse/store/oss'
import { ossAuthorization, ossQuery, ossSignedQuery } from '../src/oss/oss-signature.ts'
import { type OssServer, ossSecrets, startOss } from './oss-server.ts'

const signer = { accessKeyId: 'LTAI-test', accessKeySecret: 'secret/+=', region: 'cn-hangzhou' }

describe('the store of files in a bucket of Aliyun OSS', () => {
  const servers = new Map<string, OssServer>()
  after(async () => {
    for (const server of servers.values()) await server[Symbol.asyncDispose]()
  })

  blobStoreContract(
    it,
    async ({ place }) => {
      const server = servers.get(place) ?? (await startOss())
      servers.set(place, server)
      return openOssBlobStore({ ...ossSecrets, endpoint: server.endpoint, bucket: 'bucket' })
    },
    { lasts: true, ownTime: false },
  )

  it('signs every request as it should', () => {
    assert.ok([...servers.values()].every(({ refused }) => refused === 0))
  })
})

describe('a bucket of Aliyun OSS', () => {
  let server: OssServer
  before(async () => {
    server = await startOss()
  })
  after(() => server[Symbol.asyncDispose]())

  it('holds a file of several parts, which a signed URL fetches', async () => {
    await using store = await openOssBlobStore({ ...ossSecrets, endpoint: server.endpoint, bucket: 'bucket' })
    const bytes = Buffer.alloc(20_000_000, 'posthouse ')
    const key = "cross_comm/bob/1_2 ü'(.bin"
    const { size } = await (async () => {
      await store.begin(key, { size: bytes.length, meta: { name: 'x', type: 'image/png' } })
      await store.append(
        key,
        0,
        (async function* () {
          yield bytes
        })(),
      )
      return store.complete(key)
    })()
    assert.equal(size, bytes.length)
    const url = await store.signedUrl?.(key, {
      ttlMs: 1000,
      mediaType: 'text/plain',
      disposition: 'attachment; filename="a b"',
    })
    const answer = await fetch(url ?? '')
    assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="a b"')
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes))
    assert.equal((await fetch(`${url}0`)).status, 403)
    await assert.rejects(openOssBlobStore({ ...ossSecrets, endpoint: server.endpoint, bucket: 'other' }), {
      code: 'invalid_option',
    })
    const wrong = { ...ossSecrets, accessKeySecret: 'x', endpoint: server.endpoint, bucket: 'bucket' }
    await assert.rejects(openOssBlobStore(wrong), { code: 'store_failed', message: /SignatureDoesNotMatch: <no>/ })
  })

  it('is signed for as the library of Aliyun signs', () => {
    const headers = {
      'content-type': 'image/png',
      'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-oss-date': '20261130T000000Z',
      'x-oss-meta-a': 'b',
    }
    const put = {
      method: 'PUT',
      resource: "/bucket/cross_comm/ü 1'.png",
      query: { partNumber: '1', uploads: '' },
      headers,
    }
    const credential = 'LTAI-test/20261130/cn-hangzhou/oss/aliyun_v4_request'
    assert.equal(
      ossAuthorization(put, signer),
      `OSS4-HMAC-SHA256 Credential=${credential},Signature=78e5db4398e1009d5ed4a78d4d676819ccf573de57e721b732f643f2f1391ae2`,
    )
    const get = {
      method: 'GET',
      resource: '/bucket/a/b c.png',
      query: { 'response-content-type': 'image/png' },
      headers: {},
    }
    const query = ossSignedQuery(get, { time: '20261130T005731Z', seconds: 600 }, signer)
    assert.match(ossQuery(query), /x-oss-signature=781eaf40b8627e2303c6d40d4a795fd86dd9fbb368d34476d1adfd3cf8daa8a4/)
  })

  it('is found by the documented variables, also in a file', async () => {
    const variables = { OSS_ENDPOINT: 'oss-cn-beijing.aliyuncs.com', OSS_BUCKET_NAME: 'b', OSS_ACCESS_KEY_ID: 'i' }
    assert.equal(ossEnvironment(variables), undefined)
    const folder = mkdtempSync(join(tmpdir(), 'posthouse-oss-'))
    const before = process.cwd()
    try {
      process.chdir(folder)
      writeFileSync('.env', 'OSS_ACCESS_KEY_SECRET="of the file"\nOSS_ENDPOINT=other\n')
      assert.deepEqual(ossEnvironment(variables), {
        ...{ endpoint: 'oss-cn-beijing.aliyuncs.com', bucket: 'b' },
        ...{ accessKeyId: 'i', accessKeySecret: 'of the file' },
      })
    } finally {
      process.chdir(before)
      rmSync(folder, { recursive: true })
    }
    const secrets = { accessKeyId: 'i', accessKeySecret: 's', bucket: 'b' }
    for (const endpoint of ['files.example', 'not an address']) {
      await assert.rejects(openOssBlobStore({ ...secrets, endpoint }), { code: 'invalid_option' })
    }
  })
})
