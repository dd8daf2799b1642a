import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@posthouse/core'
import { refusal } from '@posthouse/core/options'
import type { Packing } from '../file/archive-name.ts'
import { FileSink } from '../file/file-sink.ts'
import { retentionRules } from '../file/retention.ts'
import { rotationRules } from '../file/rotation.ts'
import { parseSize } from '../words/size.ts'
import { isPath } from './entry.ts'
import { FunctionSink } from './function-sink.ts'
import type { Sink } from './sink.ts'
import type { FileSinkOptions, SinkTarget } from './sink-options.ts'
import { StreamSink } from './stream-sink.ts'

/** What sinks need of their logger. */
export interface SinkSurroundings {
  readonly clock: Clock
  readonly onTrouble: (text: string, error?: unknown) => void
  readonly lossLine: (lost: number, error: unknown) => string
}

const packings: Readonly<Record<string, Packing>> = { gz: 'gz', gzip: 'gz', zip: 'zip', zst: 'zst', zstd: 'zst' }
const encodings = ['utf8', 'utf-8', 'utf16le', 'latin1', 'ascii']

/** Opens what lines go to. @throws PosthouseError `invalid_option`; Error of the system */
export function openSink(target: SinkTarget, options: FileSinkOptions, surroundings: SinkSurroundings): Sink {
  if (isPath(target)) return openFile(target, options, surroundings)
  if (typeof target === 'function') return new FunctionSink(target, surroundings.onTrouble)
  if (typeof target.write !== 'function') throw refusal('sink', 'a path, a function or a stream', target)
  return new StreamSink(target, surroundings.onTrouble)
}

function openFile(target: string | URL, options: FileSinkOptions, surroundings: SinkSurroundings): Sink {
  const { rotation, retention, compression, encoding = 'utf8', mode = 0o640, buffer } = options
  const path = typeof target === 'string' ? target : fileURLToPath(target)
  if (path === '' || /[{}]/.test(path)) throw refusal('sink', 'a path without { and }; rotation puts the time in', path)
  if (!encodings.includes(encoding)) throw refusal('encoding', `one of ${encodings.join(', ')}`, encoding)
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) throw refusal('mode', 'permissions such as 0o640', mode)
  const packing = compression === undefined ? undefined : packingOf(compression)
  const rotates = rotation !== undefined && (!Array.isArray(rotation) || rotation.length > 0)
  if (!rotates && (packing ?? retention) !== undefined)
    throw refusal('rotation', 'given where compression or retention are', rotation)
  return new FileSink({
    ...surroundings,
    path: realPath(resolve(path)),
    mode,
    // Checked against a list of those that Node knows.
    encoding: encoding as BufferEncoding,
    rotation: rotationRules(rotation),
    retention: retentionRules(retention),
    packing,
    bufferBytes: buffer === undefined || buffer === 0 ? 0 : parseSize('buffer', buffer),
  })
}

/** A link is not what is rotated, but the file behind it, also where that is yet to be made. */
function realPath(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return realPath(resolve(dirname(path), readlinkSync(path)))
  return stats.isFile() ? realpathSync(path) : path
}

function packingOf(compression: string): Packing {
  const packing = Object.hasOwn(packings, compression) ? packings[compression] : undefined
  if (packing === undefined) throw refusal('compression', `one of ${Object.keys(packings).join(', ')}`, compression)
  return packing
}
