/**
 * Logging in production: warnings on the console, everything in one file, errors with their stacks in another. What
 * document 003 shows under "best practice".
 *
 * Run it with `node --conditions=@posthouse/source examples/21-log-production.ts`; it writes into `logs`.
 */
import { createLogger } from '@posthouse/log'

await using logger = createLogger({
  name: 'shop',
  sinks: [
    {
      sink: process.stdout,
      level: 'WARNING',
      format: '<red>{time:YYYY-MM-DD HH:mm:ss}</red> | <level>{level}</level> | {message}',
    },
    {
      sink: 'logs/app.log',
      level: 'INFO',
      format: '{time:YYYY-MM-DD HH:mm:ss} | {level} | {name}:{function}:{line} - {message}',
      rotation: '50 MB',
      retention: '30 days',
      compression: 'zip',
      encoding: 'utf-8',
    },
    {
      sink: 'logs/error.log',
      level: 'ERROR',
      format: '{time:YYYY-MM-DD HH:mm:ss} | {level} | {name}:{function}:{line} - {message}\n{exception}',
      rotation: '10 MB',
      retention: '90 days',
      compression: 'zip',
    },
    // For machines: everything, with its fields. Secrets are hidden here as everywhere.
    {
      sink: 'logs/app.json',
      level: 'INFO',
      serialize: true,
      rotation: ['100 MB', 'daily'],
      retention: { count: 14, size: '1 GB' },
    },
  ],
})

// Fields of one request are in each of its lines, also in those of functions that know nothing of the request.
async function pay(order: number, token: string): Promise<void> {
  logger.info('payment begins', { order, token })
  if (order === 2) throw new Error('the bank does not answer', { cause: new Error('ECONNREFUSED 10.0.0.7:443') })
  logger.success('paid', { order })
}

for (const order of [1, 2]) {
  await logger.contextualize({ request: `r-${order}` }, async () => {
    try {
      await pay(order, 'tok_4f9a')
    } catch (error) {
      logger.exception(error, 'the payment failed', { order })
    }
  })
}
logger.warning('the queue is long', { length: 1200 })
