import { Lexer, Source, TokenKind } from 'graphql'
import { badInput } from './read-errors.ts'

/** A document of tokens beyond this is not parsed; the introspection query has about 500. */
export const documentTokensMax = 3_000

/** Values go in variables; a text beyond this is no query that a person or a tool writes. */
const documentLengthMax = 64 * 1_024

/** Fields nest up to 15 deep and hold values that nest a little; the parser's own bound is the stack. */
const documentNestingMax = 64

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])

const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/** Looks at a document before it is parsed. Throws `BAD_USER_INPUT` for one that is too long or nested too deep. */
export function refuseLargeDocument(source: string): void {
  if (source.length > documentLengthMax) {
    throw badInput(`the query text is longer than ${documentLengthMax} characters; send values as variables`)
  }
  if (isNestedTooDeep(source)) {
    throw badInput(`the query text nests more than ${documentNestingMax} brackets; send values as variables`)
  }
}

/** What is no token, and what has too many of them, the parser refuses. */
function isNestedTooDeep(source: string): boolean {
  const lexer = new Lexer(new Source(source))
  let depth = 0
  try {
    for (let count = 0; count < documentTokensMax; count++) {
      const { kind } = lexer.advance()
      if (kind === TokenKind.EOF) return false
      if (opening.has(kind)) depth += 1
      if (closing.has(kind)) depth -= 1
      if (depth > documentNestingMax) return true
    }
  } catch {
    return false
  }
  return false
}
