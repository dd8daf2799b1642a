import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Our httpbin in a thread of its own, for clients that stop their own thread. Dispose ends it. */
export async function startHttpbinApart(): Promise<AsyncDisposable & { readonly url: string }> {
  const worker = new Worker(new URL('./apart-worker.ts', import.meta.url))
  const [url] = await once(worker, 'message')
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      await worker.terminate()
    },
  }
}
