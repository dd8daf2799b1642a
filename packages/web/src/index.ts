export type { ListenOptions } from './app/app-life.ts'
export type { BackgroundOptions, BackgroundTask } from './app/background.ts'
export { type App, createApp } from './app/create-app.ts'
export {
  type AppOptions,
  type DocsOptions,
  type Environment,
  environmentOf,
  type RequestLimits,
} from './app/options.ts'
export type { AsyncApiDocument } from './asyncapi/async-api.ts'
export type { BodySchema } from './body/body-kind.ts'
export { form } from './body/form.ts'
export { type MultipartLimits, multipart, type Part } from './body/multipart.ts'
export { bytes, stream } from './body/raw.ts'
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
export {
  type Dependencies,
  type Dependency,
  type DependencyContext,
  type DependencyOptions,
  type DependencyScope,
  depends,
  type ValuesOf,
} from './dependencies/depends.ts'
export type { DocumentInfo, OpenApiDocument } from './docs/open-api.ts'
export { type EventStream, type EventStreamOptions, eventStream, type ServerEvent } from './events/event-stream.ts'
export {
  type DeclareKind,
  handledBy,
  type KindOptions,
  type MessageHandler,
  type MessageKind,
  type MessageTools,
  type RoutedContext,
} from './messages/message-kind.ts'
export { type MessageRouter, type MessageRouterOptions, messageRouter } from './messages/message-router.ts'
export type { Fault, Place } from './problem/fault.ts'
export { isProblem, Problem, type ProblemDocument, type ProblemFields, problem } from './problem/problem.ts'
export type { FormattedProblem, ProblemFormat } from './problem/problem-response.ts'
export type { HandlerTools, Reply } from './request/handler-tools.ts'
export type { InputSchemas, Inputs } from './request/inputs.ts'
export { currentRequestId, type RequestContext, requestContext } from './request/request-context.ts'
export type { RawQuery, RawValues, RequestView } from './request/request-view.ts'
export { type TextBody, textBody } from './response/text-body.ts'
export type { Declare, DeclareMethod } from './routing/declare.ts'
export type {
  CallInput,
  Context,
  Endpoint,
  EndpointHandler,
  EndpointOf,
  EndpointOptions,
  ResponseFacts,
  Returned,
} from './routing/endpoint.ts'
export type { PathParams } from './routing/path.ts'
export { createRouter, type Route, type Router, type RouterOptions } from './routing/router.ts'
export { jsonSchema } from './schema/json-schema.ts'
export type { InputOf, JsonSchema, MadeJsonSchema, OutputOf, Schema } from './schema/schema.ts'
export type { SchemaSide } from './schema/standard-json-schema.ts'
export { toJsonSchema } from './schema/to-json-schema.ts'
export { type ApiKeyOptions, apiKey, type BasicOptions, basic } from './security/api-key.ts'
export { type BearerOptions, bearer, oauth2Password, type PasswordFlowOptions } from './security/bearer.ts'
export { type Check, type CheckContext, sameSecret } from './security/credentials.ts'
export { type PasswordGrant, passwordGrant } from './security/password-grant.ts'
export { type RateLimitOptions, rateLimit } from './security/rate-limit.ts'
export type { SecurityScheme } from './security/scheme.ts'
export { type TicketOptions, Tickets } from './security/tickets.ts'
export type { Injected, InjectOptions } from './server/http-door.ts'
export { loadSettings, type SettingsOptions } from './settings/load-settings.ts'
export type { ConnectOptions } from './socket/connect.ts'
export type { SocketSettings } from './socket/door.ts'
export type {
  DeclareSocket,
  Incoming,
  Outgoing,
  PerMessage,
  SocketContext,
  SocketEndpoint,
  SocketEndpointOf,
  SocketHandler,
  SocketOptions,
} from './socket/endpoint.ts'
export { type ErrorFrame, type ErrorFrameFormat, errorFrame } from './socket/error-frame.ts'
export type { RawMessage } from './socket/message-queue.ts'
export type { AcceptOptions, SocketConnection, WaitOptions } from './socket/socket-connection.ts'
export { defaultSocketLimits, type SocketLimits } from './socket/socket-limits.ts'
export type { SocketEnd } from './socket/wire.ts'
