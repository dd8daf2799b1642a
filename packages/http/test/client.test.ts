import { createHttpClient, type HttpClient, type HttpClientOptions } from '@posthouse/http'
import { type AnyClient, clientContract } from './client-contract.ts'

function wrapped(client: HttpClient): AnyClient {
  return {
    request: (method, url, options) => client.request(method, url, options),
    download: (url, path, options) => client.download(url, path, options),
    upload: (url, path, options) => client.upload(url, path, options),
    use: (interceptor) => client.use(interceptor),
    extend: (options) => wrapped(client.extend(options)),
    metrics: () => client.metrics(),
    close: () => client.close(),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

clientContract('the asynchronous client', (options) => wrapped(createHttpClient(options as HttpClientOptions)))
