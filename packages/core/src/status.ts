export { HTTP_200_OK } from './status/success.ts'
