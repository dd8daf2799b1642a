export {
  type AnswerRequest,
  type GivenAnswer,
  type MemoryTransport,
  memoryTransport,
  type SentRequest,
} from './testing/memory-transport.ts'
export { Recorder, type RecorderOptions } from './testing/recorder.ts'
