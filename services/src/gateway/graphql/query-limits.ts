import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'

/** Deep enough for every path in the schema and for the introspection query that tools send (15 levels). */
const depthMax = 15

/** The standard introspection query has about 120 fields once its fragments are spread. */
const fieldsMax = 400

/** Aliases let one request ask the same expensive thing many times. */
const aliasesMax = 20

type Cost = { fields: number; aliases: number; depth: number }

/** Refuses documents that ask for too much, counting each fragment wherever it is spread. */
export const queryLimits: ValidationRule = (context: ValidationContext): ASTVisitor => ({
  Document: {
    enter(document) {
      const problem = limitProblem(document)
      if (problem !== undefined) context.reportError(new GraphQLError(problem))
    },
  },
})

/** Counts over all operations of the document, and stops at the first limit that is passed. */
export function limitProblem(document: DocumentNode): string | undefined {
  const fragments = new Map<string, SelectionSetNode>()
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node.selectionSet)
  }
  const cost: Cost = { fields: 0, aliases: 0, depth: 0 }
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue
    const problem = walk(node.selectionSet, 1, fragments, [], cost)
    if (problem !== undefined) return problem
  }
  return undefined
}

function walk(
  set: SelectionSetNode,
  depth: number,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  path: readonly string[],
  cost: Cost,
): string | undefined {
  if (depth > depthMax) return `the query is nested more than ${depthMax} levels deep`
  for (const selection of set.selections) {
    let problem: string | undefined
    if (selection.kind === Kind.FIELD) {
      cost.fields++
      if (selection.alias !== undefined) cost.aliases++
      problem = overCount(cost)
      if (selection.selectionSet !== undefined) {
        problem ??= walk(selection.selectionSet, depth + 1, fragments, path, cost)
      }
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      problem = walk(selection.selectionSet, depth, fragments, path, cost)
    } else {
      const name = selection.name.value
      const fragment = fragments.get(name)
      // A fragment that spreads itself is refused by a rule of its own; here it only must not go round for ever.
      if (fragment === undefined || path.includes(name)) continue
      cost.fields++
      problem = overCount(cost) ?? walk(fragment, depth, fragments, [...path, name], cost)
    }
    if (problem !== undefined) return problem
  }
  return undefined
}

function overCount(cost: Cost): string | undefined {
  if (cost.fields > fieldsMax) return `the query asks for more than ${fieldsMax} fields`
  if (cost.aliases > aliasesMax) return `the query has more than ${aliasesMax} aliases`
  return undefined
}
