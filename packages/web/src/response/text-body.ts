/** What a response says it is where nothing else was said. */
export const jsonType = 'application/json; charset=utf-8'

/** A text that is the body of a response as it stands. Made by `textBody`. */
export class TextBody {
  readonly text: string
  readonly type: string

  constructor(text: string, type: string) {
    this.text = text
    this.type = type
  }
}

/**
 * Makes a body of a text, which is sent as it stands, in UTF-8: JSON that was written before, a page, a table. No response schema
 * looks at it.
 *
 * @param type the content type, where the handler sets no other header. Default: JSON
 */
export function textBody(text: string, type: string = jsonType): TextBody {
  return new TextBody(text, type)
}
