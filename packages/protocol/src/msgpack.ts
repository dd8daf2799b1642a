export { msgpackClientCodec } from './message-pack/msgpack-client-codec.ts'
export { msgpackHubCodec } from './message-pack/msgpack-hub-codec.ts'
