export { bodyMisfit } from './frame/body-form.ts'
export { type BodyForm, formOf, fromBodyValue, inferType, toBodyValue } from './frame/body-value.ts'
export type { CallFrame, CancelFrame, CreditFrame, RequestFrame, ResponseFrame } from './frame/call-frames.ts'
export {
  type BadFrame,
  bytesOf,
  type Codec,
  jsonSubprotocol,
  maxDepth,
  maxFramesPerArray,
  msgpackSubprotocol,
  type OtherFrame,
  type Wire,
} from './frame/codec.ts'
export { type Draft, type Drafter, type DraftOptions, drafter } from './frame/draft.ts'
export { assertMethod, type CallDraft, type CallDrafter, callDrafter, noHandler } from './frame/draft-call.ts'
export { closeCodeOf, errorFrame, errorFromInfo, errorInfo } from './frame/error-info.ts'
export {
  type AckFrame,
  type ByeFrame,
  type ClientFrame,
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
  isQueueStream,
  type Limits,
  type NackFrame,
  type PingFrame,
  type ResumeRequest,
  type SendFrame,
  type SentFrame,
  type SentState,
  type WelcomeFrame,
  type WhenOffline,
  type WillFields,
} from './frame/frames.ts'
export type { ClientCodec } from './frame/hub-frames.ts'
export { defaultLimits } from './frame/limits.ts'
export type {
  GroupRole,
  JoinedFrame,
  JoinFrame,
  LeaveFrame,
  MembershipAnswer,
  MembershipFrame,
  SubscribedFrame,
  SubscribeFrame,
  UnsubscribeFrame,
} from './frame/membership-frames.ts'
export { type Encoded, packFrames, wireBytes } from './frame/pack.ts'
export { readPartFrame } from './frame/part-frames.ts'
export type {
  ClientInfo,
  ListedFrame,
  ListFrame,
  PresenceFrame,
  PresenceRequestFrame,
} from './frame/presence-frames.ts'
export type { ReadFrame, ReceiptFrame, ReceiptState } from './frame/receipt-frames.ts'
export { jsonClientCodec } from './json/json-client-codec.ts'
export { jsonHubCodec } from './json/json-hub-codec.ts'
export {
  type ClientIdentity,
  ClientSession,
  type ClientSessionEvents,
  type ClientSessionState,
  type Done,
  type GivingBack,
} from './session/client-session.ts'
export { DeliveryBudget } from './session/delivery-budget.ts'
export { DeliveryWindow } from './session/delivery-window.ts'
export { expectHello } from './session/expect-hello.ts'
export {
  type Admission,
  type HubAction,
  HubSession,
  type HubSessionState,
  hubCaps,
  type SendOutcome,
} from './session/hub-session.ts'
export { sendConflict } from './session/send-conflict.ts'
