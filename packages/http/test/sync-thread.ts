import { setImmediate } from 'node:timers/promises'
import { parentPort, type Worker, workerData } from 'node:worker_threads'
import { createSyncHttpClient } from '@posthouse/http/sync'

// A thread that uses the synchronous client, and goes on after the one that sends its requests has ended.
const started: Worker[] = []
process.on('worker', (worker) => started.push(worker))
const client = createSyncHttpClient(workerData)
const said: unknown[] = [client.get('/get').status]
// Who listens is told when there is time.
await setImmediate()
await started[0]?.terminate()
try {
  client.get('/get')
} catch (error) {
  said.push(String(error))
}
client.close()
using another = createSyncHttpClient(workerData)
said.push(another.get('/get').status)
await setImmediate()
said.push(started.length)
parentPort?.postMessage(said)
