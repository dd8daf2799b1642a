export { ClientSocket, type JsonDirections, type ReceiveOptions, type WebSocketLike } from './client/client-socket.ts'
export {
  type Call,
  type CallOptions,
  type Client,
  type ClientOptions,
  type Connect,
  type ConnectInput,
  createClient,
  type Endpoints,
  type FetchedResponse,
  type FetchInit,
  type FetchLike,
} from './client/create-client.ts'
export { remote, type Whereabouts } from './client/remote.ts'
export type { Fault, Place } from './problem/fault.ts'
export { isProblem, Problem, type ProblemDocument, type ProblemFields, problem } from './problem/problem.ts'
