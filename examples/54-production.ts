/**
 * The switch of document 001: documents in development, none in production, and a lifespan for what handlers share. There a
 * service is in development when its name has `dev` or `test` in it; here a setting says so, which a schema checks.
 *
 * Run it with `SERVICE_NAME=shop-dev npx posthouse dev examples/54-production.ts`.
 */
import { createApp, depends, loadSettings } from '@posthouse/web'
import { z } from 'zod'

/** The app of a service with this name. */
export function createService(serviceName: string) {
  const debug = ['dev', 'test'].some((word) => serviceName.includes(word))

  const lifespan = depends({ scope: 'app' }, ({ defer, log }) => {
    log.info('the store is open')
    defer(() => log.info('the store is closed'))
    return { visits: 0 }
  })

  const app = debug
    ? createApp({ title: serviceName, lifespan, env: 'development' })
    : createApp({
        title: serviceName,
        lifespan,
        env: 'production',
        docs: { docsUrl: null, openapiUrl: null, redocUrl: null },
      })

  app.get('/visits', { dependencies: { store: lifespan } }, ({ deps }) => ++deps.store.visits)
  return app
}

const settings = await loadSettings(
  z.object({ SERVICE_NAME: z.string().default('shop'), PORT: z.number().default(8000) }),
)
export const app = createService(settings.SERVICE_NAME)

if (import.meta.main) await app.listen({ port: settings.PORT })
