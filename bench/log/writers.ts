import { once } from 'node:events'
import { join } from 'node:path'

/** What writes one line. */
interface LineWriter {
  line(index: number): void
  /** Resolves when everything is in the file. */
  end(): Promise<void>
}

/** Makes a writer to files in a folder. */
type Make = (folder: string) => Promise<LineWriter>

const fieldsOf = (index: number) => ({ method: 'GET', path: '/users/17', status: 200, ms: index })
const text = 'request done'
const nothingLeft = (): Promise<void> => Promise.resolve()

/** Who takes part, by group and label. Ratios are to the first of each group. */
export const writers: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  'file, each line at once': {
    pino: (folder) => pinoTo(join(folder, 'x.log'), 0),
    'Posthouse, JSON': (folder) => posthouseTo(join(folder, 'x.log'), { serialize: true }),
    'Posthouse, JSON, rotated': (folder) => posthouseTo(join(folder, 'x.log'), { serialize: true, ...rotated }),
    'Posthouse, text': (folder) => posthouseTo(join(folder, 'x.log'), {}),
    'Posthouse, text that says where': (folder) => posthouseTo(join(folder, 'x.log'), { format: withPlace }),
  },
  'file, 4 KB gathered': {
    pino: (folder) => pinoTo(join(folder, 'x.log'), 4096),
    'Posthouse, JSON': (folder) => posthouseTo(join(folder, 'x.log'), { serialize: true, buffer: '4 KB' }),
    'Posthouse, text': (folder) => posthouseTo(join(folder, 'x.log'), { buffer: '4 KB' }),
    'winston, JSON': winstonTo,
  },
  '/dev/null, each line at once': {
    pino: () => pinoTo('/dev/null', 0),
    'pino, redact paths': () => pinoTo('/dev/null', 0, ['password', 'headers.authorization', '*.token']),
    'Posthouse, JSON': () => posthouseTo('/dev/null', { serialize: true }),
    'Posthouse, text': () => posthouseTo('/dev/null', {}),
  },
  'three bound fields, /dev/null': {
    pino: () => pinoTo('/dev/null', 0, [], bound),
    'Posthouse, JSON': () => posthouseTo('/dev/null', { serialize: true }, bound),
  },
  'a level that is off': {
    pino: async () => {
      const { pino } = await import('pino')
      const logger = pino({ level: 'error' })
      return { line: (index) => logger.info(fieldsOf(index), text), end: nothingLeft }
    },
    Posthouse: () => posthouseTo('/dev/null', { level: 'error' }),
  },
}

const bound = { service: 'orders', version: '1.2.0', region: 'eu' }
const rotated = { rotation: '10 MB', retention: 3, compression: 'gz' } as const
const withPlace = '{time:YYYY-MM-DD HH:mm:ss} | {level: <8} | {name}:{function}:{line} - {message}'

async function pinoTo(path: string, minLength: number, redact: string[] = [], child?: object): Promise<LineWriter> {
  const { pino } = await import('pino')
  const destination = pino.destination({ dest: path, sync: true, minLength })
  const root = pino({ ...(redact.length > 0 ? { redact } : {}) }, destination)
  const logger = child === undefined ? root : root.child(child)
  return {
    line: (index) => logger.info(fieldsOf(index), text),
    end: async () => destination.flushSync(),
  }
}

async function posthouseTo(path: string, options: object, fields?: Record<string, string>): Promise<LineWriter> {
  const { createLogger } = await import('@posthouse/log')
  const logger = createLogger({ sinks: [{ sink: path, ...options }], ...(fields === undefined ? {} : { fields }) })
  return { line: (index) => logger.info(text, fieldsOf(index)), end: () => logger.drain() }
}

/** It gathers by itself, in a stream; it is waited for before more than that holds. */
async function winstonTo(folder: string): Promise<LineWriter> {
  const { default: winston } = await import('winston')
  const transport = new winston.transports.File({ filename: join(folder, 'x.log') })
  const { combine, timestamp, json } = winston.format
  const logger = winston.createLogger({ format: combine(timestamp(), json()), transports: [transport] })
  return {
    line: (index) => logger.info(text, fieldsOf(index)),
    end: async () => {
      const finished = once(transport, 'finish')
      logger.end()
      await finished
    },
  }
}
