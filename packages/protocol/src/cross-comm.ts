export { type CrossCommContent, crossCommBodyText, crossCommContent } from './cross-comm/cross-comm-body.ts'
export {
  CrossCommClientSession,
  type CrossCommEvent,
  type CrossCommOutgoing,
} from './cross-comm/cross-comm-client-session.ts'
export {
  type CrossCommClient,
  type CrossCommFields,
  crossCommDelivery,
  crossCommId,
  crossCommList,
  encodeCrossComm,
} from './cross-comm/cross-comm-encode.ts'
export {
  type CrossCommFrame,
  type CrossCommType,
  type CrossCommUserType,
  crossCommUserTypes,
  decodeCrossComm,
  maxCrossCommBytes,
  sniffDialect,
} from './cross-comm/cross-comm-frame.ts'
export { type CrossCommAction, CrossCommHubSession } from './cross-comm/cross-comm-hub-session.ts'
