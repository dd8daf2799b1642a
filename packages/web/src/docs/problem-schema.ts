import type { JsonSchema } from '../schema/schema.ts'

/** The body of an error response (RFC 9457), as the documents describe it. */
export const problemSchema: JsonSchema = {
  id: 'Problem',
  type: 'object',
  description: 'What went wrong (RFC 9457)',
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Names the kind of problem' },
    title: { type: 'string', description: 'The kind of problem in a few words' },
    status: { type: 'integer', description: 'The status of the response' },
    detail: { type: 'string', description: 'What is wrong with this request' },
    code: { type: 'string', description: 'A word for programs' },
    requestId: { type: 'string', description: 'Under which the log knows the request' },
    errors: {
      type: 'array',
      description: 'What is wrong where in the request',
      items: {
        type: 'object',
        properties: {
          in: { type: 'string', enum: ['params', 'query', 'headers', 'cookies', 'body', 'response'] },
          pointer: { type: 'string', description: 'A JSON pointer as URI fragment (RFC 6901)' },
          detail: { type: 'string' },
        },
        required: ['in', 'pointer', 'detail'],
      },
    },
  },
  required: ['type', 'title', 'status'],
}
