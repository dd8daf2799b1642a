import { setImmediate } from 'node:timers/promises'
import { parentPort, type Worker, workerData } from 'node:worker_threads'
import { createSyncHttpClient, type SyncHttpClientOptions } from '@posthouse/http/sync'

// A thread that uses the synchronous client, as a test starts it.
const { options, ends } = workerData as { options: SyncHttpClientOptions; ends: boolean }
parentPort?.postMessage(ends ? await afterTheEnd() : countOf(5))

function countOf(most: number): number {
  using client = createSyncHttpClient(options)
  let count = 0
  while (count < most && client.get('/get').status === 200) count++
  return count
}

/** What is said once the thread that sends requests has ended. */
async function afterTheEnd(): Promise<unknown[]> {
  const started: Worker[] = []
  process.on('worker', (worker) => started.push(worker))
  const client = createSyncHttpClient(options)
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
  using another = createSyncHttpClient(options)
  said.push(another.get('/get').status)
  await setImmediate()
  said.push(started.length)
  return said
}
