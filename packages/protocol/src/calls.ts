export { AnswerProgress, firstParts } from './calls/answer-progress.ts'
export { type CallOptions, callTime, usualCallMs } from './calls/call-time.ts'
export { type Call, type CallHandler, HandledCalls, type HandledCallsOptions } from './calls/handled-calls.ts'
export { MadeCalls, type MadeCallsOptions } from './calls/made-calls.ts'
