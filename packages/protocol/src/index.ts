export { fromBodyValue, inferType, toBodyValue } from './body-value.ts'
export { type ClientAction, type ClientIdentity, ClientSession, type ClientSessionState } from './client-session.ts'
export {
  type BadFrame,
  type Codec,
  jsonSubprotocol,
  maxDepth,
  maxFramesPerArray,
  msgpackSubprotocol,
  type Wire,
} from './codec.ts'
export { DeliveryWindow } from './delivery-window.ts'
export { type Draft, type DraftOptions, draftMessage } from './draft.ts'
export { errorFrame, errorFromInfo, errorInfo } from './error-info.ts'
export {
  type AckFrame,
  type ByeFrame,
  type CancelFrame,
  type ClientFrame,
  type ClientInfo,
  type DeliverFrame,
  type Dialect,
  type EnvelopeFields,
  type ErrorFrame,
  type ErrorInfo,
  type Frame,
  type FrameBody,
  type Gap,
  type GoawayFrame,
  type HelloFrame,
  type HubFrame,
  inboxStream,
  type Limits,
  type ListedFrame,
  type ListFrame,
  type MembershipFrame,
  type NackFrame,
  type PingFrame,
  type PresenceFrame,
  type ReceiptFrame,
  type RequestFrame,
  type ResponseFrame,
  type ResumeRequest,
  type SendFrame,
  type SentFrame,
  type WatchPresenceFrame,
  type WelcomeFrame,
} from './frames.ts'
export {
  type Admission,
  closeCodeOf,
  expectHello,
  type HubAction,
  HubSession,
  type HubSessionState,
  hubCaps,
  type SendOutcome,
} from './hub-session.ts'
export { jsonClientCodec, jsonHubCodec } from './json-codec.ts'
export { defaultLimits } from './limits.ts'
export { Outbox, type OutboxEntry, type OutboxLimits } from './outbox.ts'
export { type Encoded, packFrames, wireBytes } from './pack.ts'
