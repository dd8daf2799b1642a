// Generated from spec/status.json by `npm run generate`. Change it there.

/** A status on each line: number, name, phrase, meaning in English and in Chinese. */
export const httpRows = `
100|HTTP_100_CONTINUE|Continue|The server has seen the head of the request and waits for its body.|继续发送请求体
101|HTTP_101_SWITCHING_PROTOCOLS|Switching Protocols|The connection goes on in the protocol that the request asked for.|切换协议
102|HTTP_102_PROCESSING|Processing|The request is being worked on and has no result yet.|正在处理
103|HTTP_103_EARLY_HINTS|Early Hints|Links that the answer will need, told before the answer itself.|提前提示
200|HTTP_200_OK|OK|The request has succeeded.|请求成功
201|HTTP_201_CREATED|Created|Something new was made, to which the location header leads.|资源创建成功
202|HTTP_202_ACCEPTED|Accepted|The request was taken and will be worked on later.|请求已接受
203|HTTP_203_NON_AUTHORITATIVE_INFORMATION|Non-Authoritative Information|The request has succeeded, and somebody on the way has changed the answer.|非权威信息
204|HTTP_204_NO_CONTENT|No Content|The request has succeeded, and there is nothing to say.|无内容返回
205|HTTP_205_RESET_CONTENT|Reset Content|The request has succeeded, and the form that sent it should be emptied.|重置内容
206|HTTP_206_PARTIAL_CONTENT|Partial Content|The parts that the request asked for.|部分内容返回
207|HTTP_207_MULTI_STATUS|Multi-Status|Each of several resources has a status of its own, in the body.|多状态
208|HTTP_208_ALREADY_REPORTED|Already Reported|The members of this collection are listed elsewhere in the same answer.|已报告
226|HTTP_226_IM_USED|IM Used|What changed since the version that the client has.|IM已使用
300|HTTP_300_MULTIPLE_CHOICES|Multiple Choices|There are several forms of this resource to choose from.|多种选择
301|HTTP_301_MOVED_PERMANENTLY|Moved Permanently|The resource has a new address for good.|资源永久重定向
302|HTTP_302_FOUND|Found|The resource has another address for now.|资源临时重定向
303|HTTP_303_SEE_OTHER|See Other|The answer is at another address, to be read with GET.|查看其他
304|HTTP_304_NOT_MODIFIED|Not Modified|What the client has is still right.|资源未修改
305|HTTP_305_USE_PROXY|Use Proxy|The resource wants to be reached through a proxy; no longer in use.|使用代理访问
306|HTTP_306_RESERVED|Reserved|Once meant to switch proxies; reserved, so that nobody uses it.|保留
307|HTTP_307_TEMPORARY_REDIRECT|Temporary Redirect|The resource has another address for now, to be asked in the same way.|临时重定向
308|HTTP_308_PERMANENT_REDIRECT|Permanent Redirect|The resource has a new address for good, to be asked in the same way.|永久重定向
400|HTTP_400_BAD_REQUEST|Bad Request|The server cannot make sense of the request.|请求错误
401|HTTP_401_UNAUTHORIZED|Unauthorized|The server wants to know who asks.|未授权
402|HTTP_402_PAYMENT_REQUIRED|Payment Required|Reserved for what has to be paid for.|需要付款
403|HTTP_403_FORBIDDEN|Forbidden|Whoever asks may not have this.|禁止访问
404|HTTP_404_NOT_FOUND|Not Found|There is nothing at this address.|资源未找到
405|HTTP_405_METHOD_NOT_ALLOWED|Method Not Allowed|The resource does not know this method.|方法不允许
406|HTTP_406_NOT_ACCEPTABLE|Not Acceptable|There is no form of this resource that the client would accept.|不可接受的内容
407|HTTP_407_PROXY_AUTHENTICATION_REQUIRED|Proxy Authentication Required|The proxy wants to know who asks.|需要代理认证
408|HTTP_408_REQUEST_TIMEOUT|Request Timeout|The request did not arrive in time.|请求超时
409|HTTP_409_CONFLICT|Conflict|The request does not fit what the resource has become.|冲突
410|HTTP_410_GONE|Gone|What was at this address is gone for good.|资源不可用
411|HTTP_411_LENGTH_REQUIRED|Length Required|The request has to say how long its body is.|需要内容长度
412|HTTP_412_PRECONDITION_FAILED|Precondition Failed|A condition in the request does not hold.|前提条件失败
413|HTTP_413_PAYLOAD_TOO_LARGE|Payload Too Large|The body is larger than the server takes.|负载过大
414|HTTP_414_URI_TOO_LONG|URI Too Long|The address is longer than the server reads.|URI过长
415|HTTP_415_UNSUPPORTED_MEDIA_TYPE|Unsupported Media Type|The body is of a type that the server does not take.|不支持的媒体类型
416|HTTP_416_RANGE_NOT_SATISFIABLE|Range Not Satisfiable|The resource does not have the parts that the request asked for.|范围不符合要求
417|HTTP_417_EXPECTATION_FAILED|Expectation Failed|The server cannot do what the request expects of it.|预期失败
418|HTTP_418_I_AM_A_TEAPOT|I'm a Teapot|A teapot was asked for coffee, and refuses.|我是茶壶（服务器拒绝冲泡咖啡）
421|HTTP_421_MISDIRECTED_REQUEST|Misdirected Request|This server does not answer for the host that the request names.|误导的请求
422|HTTP_422_UNPROCESSABLE_ENTITY|Unprocessable Entity|The body can be read, and its content is not right.|无法处理的实体
423|HTTP_423_LOCKED|Locked|The resource is locked.|已锁定
424|HTTP_424_FAILED_DEPENDENCY|Failed Dependency|Something on which the request depends has failed.|依赖关系失败
425|HTTP_425_TOO_EARLY|Too Early|The server does not want to risk a request that may be replayed.|太早
426|HTTP_426_UPGRADE_REQUIRED|Upgrade Required|The server wants to be asked in another protocol.|需要升级协议
428|HTTP_428_PRECONDITION_REQUIRED|Precondition Required|The request has to name a condition, so that nobody's changes are lost.|需要前提条件
429|HTTP_429_TOO_MANY_REQUESTS|Too Many Requests|Too many requests in too short a time.|请求过多
431|HTTP_431_REQUEST_HEADER_FIELDS_TOO_LARGE|Request Header Fields Too Large|The headers of the request are larger than the server reads.|请求头字段过大
451|HTTP_451_UNAVAILABLE_FOR_LEGAL_REASONS|Unavailable For Legal Reasons|The law does not allow this answer.|由于法律原因不可用
500|HTTP_500_INTERNAL_SERVER_ERROR|Internal Server Error|The server failed inside.|服务器内部错误
501|HTTP_501_NOT_IMPLEMENTED|Not Implemented|The server does not do such a thing.|功能未实现
502|HTTP_502_BAD_GATEWAY|Bad Gateway|Another server that this one asked gave no valid answer.|网关错误
503|HTTP_503_SERVICE_UNAVAILABLE|Service Unavailable|The server cannot answer now; later it may.|服务不可用
504|HTTP_504_GATEWAY_TIMEOUT|Gateway Timeout|Another server that this one asked did not answer in time.|网关超时
505|HTTP_505_HTTP_VERSION_NOT_SUPPORTED|HTTP Version Not Supported|The server does not speak this version of HTTP.|不支持的HTTP版本
506|HTTP_506_VARIANT_ALSO_NEGOTIATES|Variant Also Negotiates|The form that was chosen wants to choose a form itself: the server is set up wrongly.|可协商的变体
507|HTTP_507_INSUFFICIENT_STORAGE|Insufficient Storage|The server has no room for what it should keep.|存储空间不足
508|HTTP_508_LOOP_DETECTED|Loop Detected|The server went in a circle.|检测到循环
510|HTTP_510_NOT_EXTENDED|Not Extended|The request lacks an extension that the server needs.|未扩展
511|HTTP_511_NETWORK_AUTHENTICATION_REQUIRED|Network Authentication Required|The network wants to know who uses it, before it lets anything through.|需要网络认证
600|HTTP_600_THIRD_PARTY_ERROR|Third Party Error|A request to a third party has failed.|请求第三方服务错误
601|HTTP_601_THIRD_PARTY_STATUS_ERROR|Third Party Status Error|A third party answered with a status that means a failure.|请求第三方服务返回状态码异常
602|HTTP_602_THIRD_PARTY_DATA_ERROR|Third Party Data Error|What a third party answered is not what was expected.|请求第三方服务返回数据异常
603|HTTP_603_THIRD_PARTY_UNAVAILABLE_ERROR|Third Party Unavailable Error|A third party cannot be reached.|请求第三方服务不可用异常
604|HTTP_604_THIRD_PARTY_TIMEOUT_ERROR|Third Party Timeout Error|A third party did not answer in time.|请求第三方服务超时异常
605|HTTP_605_THIRD_PARTY_NETWORK_ERROR|Third Party Network Error|The network failed during a request to a third party.|请求第三方服务网络异常
606|HTTP_606_THIRD_PARTY_RETRY_ERROR|Third Party Retry Error|A third party did not answer as expected, however often it was asked.|第三方服务返回不符合预期重试多次还是失败`

/** A WebSocket close code on each line, in the same way; `-` after the number of those that are never sent. */
export const closeRows = `
1000|WS_1000_NORMAL_CLOSURE|Normal Closure|The connection has done what it was for.|正常关闭
1001|WS_1001_GOING_AWAY|Going Away|A server shuts down, or a page was left.|正在离开
1002|WS_1002_PROTOCOL_ERROR|Protocol Error|The other side broke the rules of WebSocket.|协议错误
1003|WS_1003_UNSUPPORTED_DATA|Unsupported Data|The other side sent text where only bytes are taken, or the reverse.|不支持的数据
1005-|WS_1005_NO_STATUS_RCVD|No Status Received|The other side closed without saying why.|未收到状态
1006-|WS_1006_ABNORMAL_CLOSURE|Abnormal Closure|The connection was lost without a word.|异常关闭
1007|WS_1007_INVALID_FRAME_PAYLOAD_DATA|Invalid Frame Payload Data|A message is not what its type says, as text that is no UTF-8.|无效的帧载荷数据
1008|WS_1008_POLICY_VIOLATION|Policy Violation|The other side did what it may not.|策略违规
1009|WS_1009_MESSAGE_TOO_BIG|Message Too Big|A message is larger than is read.|消息过大
1010|WS_1010_MANDATORY_EXT|Mandatory Extension|The server did not agree to an extension that the client needs.|强制扩展
1011|WS_1011_INTERNAL_ERROR|Internal Error|The server failed inside.|内部错误
1012|WS_1012_SERVICE_RESTART|Service Restart|The server starts anew.|服务重启
1013|WS_1013_TRY_AGAIN_LATER|Try Again Later|The server has too much to do.|请稍后重试
1014|WS_1014_BAD_GATEWAY|Bad Gateway|Another server that this one asked gave no valid answer.|网关错误
1015-|WS_1015_TLS_HANDSHAKE|TLS Handshake|The connection could not be secured.|TLS握手`
