// Generated from spec/status.json by `npm run generate`. Change it there.

/** The server has seen the head of the request and waits for its body. 继续发送请求体 (RFC 9110, 15.2.1) */
export const HTTP_100_CONTINUE = 100

/** The connection goes on in the protocol that the request asked for. 切换协议 (RFC 9110, 15.2.2) */
export const HTTP_101_SWITCHING_PROTOCOLS = 101

/** The request is being worked on and has no result yet. 正在处理 (RFC 2518, 10.1) */
export const HTTP_102_PROCESSING = 102

/** Links that the answer will need, told before the answer itself. 提前提示 (RFC 8297) */
export const HTTP_103_EARLY_HINTS = 103

/** The request has succeeded. 请求成功 (RFC 9110, 15.3.1) */
export const HTTP_200_OK = 200

/** Something new was made, to which the location header leads. 资源创建成功 (RFC 9110, 15.3.2) */
export const HTTP_201_CREATED = 201

/** The request was taken and will be worked on later. 请求已接受 (RFC 9110, 15.3.3) */
export const HTTP_202_ACCEPTED = 202

/** The request has succeeded, and somebody on the way has changed the answer. 非权威信息 (RFC 9110, 15.3.4) */
export const HTTP_203_NON_AUTHORITATIVE_INFORMATION = 203

/** The request has succeeded, and there is nothing to say. 无内容返回 (RFC 9110, 15.3.5) */
export const HTTP_204_NO_CONTENT = 204

/** The request has succeeded, and the form that sent it should be emptied. 重置内容 (RFC 9110, 15.3.6) */
export const HTTP_205_RESET_CONTENT = 205

/** The parts that the request asked for. 部分内容返回 (RFC 9110, 15.3.7) */
export const HTTP_206_PARTIAL_CONTENT = 206

/** Each of several resources has a status of its own, in the body. 多状态 (RFC 4918, 11.1) */
export const HTTP_207_MULTI_STATUS = 207

/** The members of this collection are listed elsewhere in the same answer. 已报告 (RFC 5842, 7.1) */
export const HTTP_208_ALREADY_REPORTED = 208

/** What changed since the version that the client has. IM已使用 (RFC 3229, 10.4.1) */
export const HTTP_226_IM_USED = 226

/** There are several forms of this resource to choose from. 多种选择 (RFC 9110, 15.4.1) */
export const HTTP_300_MULTIPLE_CHOICES = 300

/** The resource has a new address for good. 资源永久重定向 (RFC 9110, 15.4.2) */
export const HTTP_301_MOVED_PERMANENTLY = 301

/** The resource has another address for now. 资源临时重定向 (RFC 9110, 15.4.3) */
export const HTTP_302_FOUND = 302

/** The answer is at another address, to be read with GET. 查看其他 (RFC 9110, 15.4.4) */
export const HTTP_303_SEE_OTHER = 303

/** What the client has is still right. 资源未修改 (RFC 9110, 15.4.5) */
export const HTTP_304_NOT_MODIFIED = 304

/** The resource wants to be reached through a proxy; no longer in use. 使用代理访问 (RFC 9110, 15.4.6) */
export const HTTP_305_USE_PROXY = 305

/** Once meant to switch proxies; reserved, so that nobody uses it. 保留 (RFC 9110, 15.4.7) */
export const HTTP_306_RESERVED = 306

/** The resource has another address for now, to be asked in the same way. 临时重定向 (RFC 9110, 15.4.8) */
export const HTTP_307_TEMPORARY_REDIRECT = 307

/** The resource has a new address for good, to be asked in the same way. 永久重定向 (RFC 9110, 15.4.9) */
export const HTTP_308_PERMANENT_REDIRECT = 308

/** The server cannot make sense of the request. 请求错误 (RFC 9110, 15.5.1) */
export const HTTP_400_BAD_REQUEST = 400

/** The server wants to know who asks. 未授权 (RFC 9110, 15.5.2) */
export const HTTP_401_UNAUTHORIZED = 401

/** Reserved for what has to be paid for. 需要付款 (RFC 9110, 15.5.3) */
export const HTTP_402_PAYMENT_REQUIRED = 402

/** Whoever asks may not have this. 禁止访问 (RFC 9110, 15.5.4) */
export const HTTP_403_FORBIDDEN = 403

/** There is nothing at this address. 资源未找到 (RFC 9110, 15.5.5) */
export const HTTP_404_NOT_FOUND = 404

/** The resource does not know this method. 方法不允许 (RFC 9110, 15.5.6) */
export const HTTP_405_METHOD_NOT_ALLOWED = 405

/** There is no form of this resource that the client would accept. 不可接受的内容 (RFC 9110, 15.5.7) */
export const HTTP_406_NOT_ACCEPTABLE = 406

/** The proxy wants to know who asks. 需要代理认证 (RFC 9110, 15.5.8) */
export const HTTP_407_PROXY_AUTHENTICATION_REQUIRED = 407

/** The request did not arrive in time. 请求超时 (RFC 9110, 15.5.9) */
export const HTTP_408_REQUEST_TIMEOUT = 408

/** The request does not fit what the resource has become. 冲突 (RFC 9110, 15.5.10) */
export const HTTP_409_CONFLICT = 409

/** What was at this address is gone for good. 资源不可用 (RFC 9110, 15.5.11) */
export const HTTP_410_GONE = 410

/** The request has to say how long its body is. 需要内容长度 (RFC 9110, 15.5.12) */
export const HTTP_411_LENGTH_REQUIRED = 411

/** A condition in the request does not hold. 前提条件失败 (RFC 9110, 15.5.13) */
export const HTTP_412_PRECONDITION_FAILED = 412

/** The body is larger than the server takes. 负载过大 (RFC 9110, 15.5.14) */
export const HTTP_413_PAYLOAD_TOO_LARGE = 413

/** The address is longer than the server reads. URI过长 (RFC 9110, 15.5.15) */
export const HTTP_414_URI_TOO_LONG = 414

/** The body is of a type that the server does not take. 不支持的媒体类型 (RFC 9110, 15.5.16) */
export const HTTP_415_UNSUPPORTED_MEDIA_TYPE = 415

/** The resource does not have the parts that the request asked for. 范围不符合要求 (RFC 9110, 15.5.17) */
export const HTTP_416_RANGE_NOT_SATISFIABLE = 416

/** The server cannot do what the request expects of it. 预期失败 (RFC 9110, 15.5.18) */
export const HTTP_417_EXPECTATION_FAILED = 417

/** A teapot was asked for coffee, and refuses. 我是茶壶（服务器拒绝冲泡咖啡） (RFC 2324, 2.3.2) */
export const HTTP_418_I_AM_A_TEAPOT = 418

/** This server does not answer for the host that the request names. 误导的请求 (RFC 9110, 15.5.20) */
export const HTTP_421_MISDIRECTED_REQUEST = 421

/** The body can be read, and its content is not right. 无法处理的实体 (RFC 9110, 15.5.21) */
export const HTTP_422_UNPROCESSABLE_ENTITY = 422

/** The resource is locked. 已锁定 (RFC 4918, 11.3) */
export const HTTP_423_LOCKED = 423

/** Something on which the request depends has failed. 依赖关系失败 (RFC 4918, 11.4) */
export const HTTP_424_FAILED_DEPENDENCY = 424

/** The server does not want to risk a request that may be replayed. 太早 (RFC 8470, 5.2) */
export const HTTP_425_TOO_EARLY = 425

/** The server wants to be asked in another protocol. 需要升级协议 (RFC 9110, 15.5.22) */
export const HTTP_426_UPGRADE_REQUIRED = 426

/** The request has to name a condition, so that nobody's changes are lost. 需要前提条件 (RFC 6585, 3) */
export const HTTP_428_PRECONDITION_REQUIRED = 428

/** Too many requests in too short a time. 请求过多 (RFC 6585, 4) */
export const HTTP_429_TOO_MANY_REQUESTS = 429

/** The headers of the request are larger than the server reads. 请求头字段过大 (RFC 6585, 5) */
export const HTTP_431_REQUEST_HEADER_FIELDS_TOO_LARGE = 431

/** The law does not allow this answer. 由于法律原因不可用 (RFC 7725, 3) */
export const HTTP_451_UNAVAILABLE_FOR_LEGAL_REASONS = 451

/** The server failed inside. 服务器内部错误 (RFC 9110, 15.6.1) */
export const HTTP_500_INTERNAL_SERVER_ERROR = 500

/** The server does not do such a thing. 功能未实现 (RFC 9110, 15.6.2) */
export const HTTP_501_NOT_IMPLEMENTED = 501

/** Another server that this one asked gave no valid answer. 网关错误 (RFC 9110, 15.6.3) */
export const HTTP_502_BAD_GATEWAY = 502

/** The server cannot answer now; later it may. 服务不可用 (RFC 9110, 15.6.4) */
export const HTTP_503_SERVICE_UNAVAILABLE = 503

/** Another server that this one asked did not answer in time. 网关超时 (RFC 9110, 15.6.5) */
export const HTTP_504_GATEWAY_TIMEOUT = 504

/** The server does not speak this version of HTTP. 不支持的HTTP版本 (RFC 9110, 15.6.6) */
export const HTTP_505_HTTP_VERSION_NOT_SUPPORTED = 505

/** The form that was chosen wants to choose a form itself: the server is set up wrongly. 可协商的变体 (RFC 2295, 8.1) */
export const HTTP_506_VARIANT_ALSO_NEGOTIATES = 506

/** The server has no room for what it should keep. 存储空间不足 (RFC 4918, 11.5) */
export const HTTP_507_INSUFFICIENT_STORAGE = 507

/** The server went in a circle. 检测到循环 (RFC 5842, 7.2) */
export const HTTP_508_LOOP_DETECTED = 508

/** The request lacks an extension that the server needs. 未扩展 (RFC 2774, 7) */
export const HTTP_510_NOT_EXTENDED = 510

/** The network wants to know who uses it, before it lets anything through. 需要网络认证 (RFC 6585, 6) */
export const HTTP_511_NETWORK_AUTHENTICATION_REQUIRED = 511

/** A request to a third party has failed. 请求第三方服务错误 */
export const HTTP_600_THIRD_PARTY_ERROR = 600

/** A third party answered with a status that means a failure. 请求第三方服务返回状态码异常 */
export const HTTP_601_THIRD_PARTY_STATUS_ERROR = 601

/** What a third party answered is not what was expected. 请求第三方服务返回数据异常 */
export const HTTP_602_THIRD_PARTY_DATA_ERROR = 602

/** A third party cannot be reached. 请求第三方服务不可用异常 */
export const HTTP_603_THIRD_PARTY_UNAVAILABLE_ERROR = 603

/** A third party did not answer in time. 请求第三方服务超时异常 */
export const HTTP_604_THIRD_PARTY_TIMEOUT_ERROR = 604

/** The network failed during a request to a third party. 请求第三方服务网络异常 */
export const HTTP_605_THIRD_PARTY_NETWORK_ERROR = 605

/** A third party did not answer as expected, however often it was asked. 第三方服务返回不符合预期重试多次还是失败 */
export const HTTP_606_THIRD_PARTY_RETRY_ERROR = 606

/** @deprecated Its right name is `HTTP_413_PAYLOAD_TOO_LARGE`. */
export const HTTP_413_REQUEST_ENTITY_TOO_LARGE = 413

/** @deprecated Its right name is `HTTP_414_URI_TOO_LONG`. */
export const HTTP_414_REQUEST_URI_TOO_LONG = 414

/** @deprecated Its right name is `HTTP_416_RANGE_NOT_SATISFIABLE`. */
export const HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE = 416

/** @deprecated Its right name is `HTTP_418_I_AM_A_TEAPOT`. */
export const HTTP_418_IM_A_TEAPOT = 418

/** @deprecated Its right name is `HTTP_605_THIRD_PARTY_NETWORK_ERROR`. */
export const HTTP_605_THIRD_PARTY_NEWORK_ERROR = 605
