import type { CallOptions } from './call-options.ts'

/** The record of procedures behind what `createApi` made, or the record itself. */
type RecordOf<Api> = '~api' extends keyof Api ? NonNullable<Api['~api']> : Api

/** What is known of one procedure; nothing for a group of them. */
type TypesOf<Node> = '~procedure' extends keyof Node
  ? NonNullable<Node['~procedure']> extends infer Types extends { input: unknown; output: unknown; item: unknown }
    ? Types
    : never
  : never

type NamesIn<Group> = {
  [Key in keyof Group & string]: '~procedure' extends keyof Group[Key] ? Key : `${Key}.${NamesIn<Group[Key]>}`
}[keyof Group & string]

type At<Group, Name extends string> = Name extends keyof Group
  ? Group[Name]
  : Name extends `${infer Head}.${infer Rest}`
    ? Head extends keyof Group
      ? At<Group[Head], Rest>
      : never
    : never

/** The names of an API's procedures, such as `user.get`; any text where the API is not known. */
export type ProcedureName<Api> = unknown extends Api ? string : NamesIn<RecordOf<Api>>

/** What a procedure takes. */
export type InputOf<Api, Name extends string> = unknown extends Api
  ? unknown
  : TypesOf<At<RecordOf<Api>, Name>>['input']

/** What a procedure answers. */
export type OutputOf<Api, Name extends string> = unknown extends Api
  ? unknown
  : TypesOf<At<RecordOf<Api>, Name>>['output']

/** What a procedure answers in items. */
export type ItemOf<Api, Name extends string> = unknown extends Api ? unknown : TypesOf<At<RecordOf<Api>, Name>>['item']

/** The data of a call, which may be left out where the procedure takes none, and its options. */
export type CallArguments<Input, Options = CallOptions> = undefined extends Input
  ? [data?: Input, options?: Options]
  : [data: Input, options?: Options]

/** A function for each procedure, in objects as the API has them. */
export type ApiCalls<Api> = unknown extends Api ? UnknownCalls : CallsIn<RecordOf<Api>>

type CallsIn<Group> = {
  readonly [Key in keyof Group & string]: '~procedure' extends keyof Group[Key]
    ? (...given: CallArguments<TypesOf<Group[Key]>['input']>) => Promise<TypesOf<Group[Key]>['output']>
    : CallsIn<Group[Key]>
}

/** The same for an API that is not known: everything is there. */
export interface UnknownCalls {
  (data?: unknown, options?: CallOptions): Promise<unknown>
  readonly [name: string]: UnknownCalls
}
