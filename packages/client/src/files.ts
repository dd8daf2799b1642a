export { fileOf, isFileMessage } from './files/file-reference.ts'
export { safeName } from './files/safe-name.ts'
export { TransferGate } from './files/transfer-gate.ts'
