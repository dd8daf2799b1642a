export { type CallbackHeaders, type SignedCallback, signCallback } from './callbacks/sign-callback.ts'
export { createSigningKey } from './callbacks/signing-key.ts'
export { type CallbackToVerify, type HeaderSource, verifyCallback } from './callbacks/verify-callback.ts'
