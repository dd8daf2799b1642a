export { fileOf, isFileMessage } from './files/file-reference.ts'
export { type FileSupply, receiveFile } from './files/receive-file.ts'
export { safeName } from './files/safe-name.ts'
export { TransferGate } from './files/transfer-gate.ts'
