/** Answers a request. The end of every chain. */
export type Handler<Request, Reply> = (request: Request) => Promise<Reply>

/** Wraps a handler: may change the request, the reply, or answer itself. */
export type Interceptor<Request, Reply> = (request: Request, next: Handler<Request, Reply>) => Promise<Reply>

/** Wraps `handler` in `interceptors`; the first listed is the outermost. */
export function intercept<Request, Reply>(
  interceptors: readonly Interceptor<Request, Reply>[],
  handler: Handler<Request, Reply>,
): Handler<Request, Reply> {
  return interceptors.reduceRight<Handler<Request, Reply>>(
    (next, interceptor) => (request) => interceptor(request, next),
    handler,
  )
}
