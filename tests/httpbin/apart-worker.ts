import { parentPort } from 'node:worker_threads'
import { startHttpbin } from './httpbin.ts'

const { url } = await startHttpbin()
parentPort?.postMessage(url)
