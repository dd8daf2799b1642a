import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** What the worker is told: go, or end. */
export type CheckpointRequest = 'checkpoint' | 'close'

/** What it did: pages in the write-ahead log, and how many of them are in the database now; or why it could not. */
export type CheckpointReport = { readonly log: number; readonly copied: number } | { readonly failure: string }

const database = new DatabaseSync(String(workerData), { timeout: 0 })
// Copying needs neither; it must not make files of its own for them.
database.exec('pragma temp_store = memory; pragma cache_size = -256')
const checkpoint = database.prepare('pragma wal_checkpoint(passive)')

parentPort?.on('message', (request: CheckpointRequest) => {
  if (request === 'checkpoint') parentPort?.postMessage(run())
  else {
    database.close()
    parentPort?.close()
  }
})

function run(): CheckpointReport {
  try {
    const row = checkpoint.get()
    return { log: Number(row?.log), copied: Number(row?.checkpointed) }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}
