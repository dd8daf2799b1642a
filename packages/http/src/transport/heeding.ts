import type { HopRequest, HopResponse, Transport } from './transport.ts'

/** A transport of the caller that is left alone where it does not heed its signal, and whose body ends with the request. */
export function heeding(transport: Transport): Transport {
  return (hop) => {
    hop.enter('firstByte')
    return new Promise<HopResponse>((resolve, reject) => {
      hop.onAbort(reject)
      transport(hop).then((response) => resolve(watched(hop, response)), reject)
    })
  }
}

function watched(hop: HopRequest, response: HopResponse): HopResponse {
  const { body } = response
  if (body.settled) {
    hop.onAbort(undefined)
    hop.enter(undefined)
    return response
  }
  hop.enter('read')
  hop.onAbort((reason) => body.stop(reason))
  body.onSettled(() => {
    hop.onAbort(undefined)
    hop.enter(undefined)
  })
  return response
}
