// Generated from spec/status.json by `npm run generate`. Change it there.

/** The connection has done what it was for. 正常关闭 (RFC 6455, 7.4.1) */
export const WS_1000_NORMAL_CLOSURE = 1000

/** A server shuts down, or a page was left. 正在离开 (RFC 6455, 7.4.1) */
export const WS_1001_GOING_AWAY = 1001

/** The other side broke the rules of WebSocket. 协议错误 (RFC 6455, 7.4.1) */
export const WS_1002_PROTOCOL_ERROR = 1002

/** The other side sent text where only bytes are taken, or the reverse. 不支持的数据 (RFC 6455, 7.4.1) */
export const WS_1003_UNSUPPORTED_DATA = 1003

/** The other side closed without saying why. 未收到状态 (RFC 6455, 7.4.1) */
export const WS_1005_NO_STATUS_RCVD = 1005

/** The connection was lost without a word. 异常关闭 (RFC 6455, 7.4.1) */
export const WS_1006_ABNORMAL_CLOSURE = 1006

/** A message is not what its type says, as text that is no UTF-8. 无效的帧载荷数据 (RFC 6455, 7.4.1) */
export const WS_1007_INVALID_FRAME_PAYLOAD_DATA = 1007

/** The other side did what it may not. 策略违规 (RFC 6455, 7.4.1) */
export const WS_1008_POLICY_VIOLATION = 1008

/** A message is larger than is read. 消息过大 (RFC 6455, 7.4.1) */
export const WS_1009_MESSAGE_TOO_BIG = 1009

/** The server did not agree to an extension that the client needs. 强制扩展 (RFC 6455, 7.4.1) */
export const WS_1010_MANDATORY_EXT = 1010

/** The server failed inside. 内部错误 (RFC 6455, 7.4.1) */
export const WS_1011_INTERNAL_ERROR = 1011

/** The server starts anew. 服务重启 (IANA WebSocket registry) */
export const WS_1012_SERVICE_RESTART = 1012

/** The server has too much to do. 请稍后重试 (IANA WebSocket registry) */
export const WS_1013_TRY_AGAIN_LATER = 1013

/** Another server that this one asked gave no valid answer. 网关错误 (IANA WebSocket registry) */
export const WS_1014_BAD_GATEWAY = 1014

/** The connection could not be secured. TLS握手 (RFC 6455, 7.4.1) */
export const WS_1015_TLS_HANDSHAKE = 1015
