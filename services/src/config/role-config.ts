import type { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { type Role, roleName, roleVariables } from './role-variables.ts'

/** `STORE_URL` as `storeUrl`: the name of a variable as a member of the configuration. */
type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<Camel<Rest>>}`
  : Lowercase<Name>

type CamelMembers<Values> = { readonly [Name in keyof Values & string as Camel<Name>]: Values[Name] }

/** The configuration of one role: its variables, read and checked, under their names in camel case. */
export type ConfigOf<R extends Role> = { readonly role: R } & CamelMembers<z.output<(typeof roleVariables)[R]>>

export type RoleConfig = { [R in Role]: ConfigOf<R> }[Role]

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads what `DEPARROW_ROLE` needs from an environment, once, at start. A variable that is empty counts as missing. Throws
 * {@link ConfigError} naming the first variable that cannot be used. The result is frozen.
 */
export function readRoleConfig(environment: Environment): RoleConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const role = readRole(given['DEPARROW_ROLE'])
  const schema: z.ZodObject = roleVariables[role]
  const result = schema.safeParse(given)
  if (!result.success) throw errorOf(schema, given, result.error)
  const members = Object.entries(result.data).map(([name, value]) => [camelCase(name), value])
  const config = { role, ...Object.fromEntries(members) } as RoleConfig
  checkShard(config)
  return Object.freeze(config)
}

/** The variables that a role reads, with what each takes, for people. */
export function describeVariables(role: Role): readonly { readonly name: string; readonly takes: string }[] {
  return Object.entries(roleVariables[role].shape).map(([name, schema]) => ({ name, takes: takesOf(schema) }))
}

function readRole(text: unknown): Role {
  const result = roleName.safeParse(text)
  if (result.success) return result.data
  const problem = text === undefined ? 'is missing' : 'is no role'
  throw new ConfigError({ variable: 'DEPARROW_ROLE', problem, takes: roleName.description ?? '' })
}

function errorOf(schema: z.ZodObject, given: Environment, error: z.ZodError): ConfigError {
  const issue = error.issues[0]
  const variable = String(issue?.path[0])
  const problem = given[variable] === undefined ? 'is missing' : (issue?.message ?? 'cannot be used')
  return new ConfigError({ variable, problem, takes: takesOf(schema.shape[variable]) })
}

function takesOf(schema: z.core.$ZodType | undefined): string {
  return (schema as z.ZodType | undefined)?.description ?? 'what its role needs'
}

/** Jobs, payouts and the public side are of one journal; with several shards only what works for each of them alone can run. */
const rolesOfSeveralShards: ReadonlySet<Role> = new Set(['ledger', 'relay', 'projector', 'clearing', 'audit'])

function checkShard({ role, shard, shardCount }: RoleConfig): void {
  if (shard >= shardCount) {
    throw new ConfigError({
      variable: 'SHARD',
      problem: `is ${shard} of ${shardCount}`,
      takes: 'a number below SHARD_COUNT',
    })
  }
  if (role === 'clearing' && shardCount === 1) {
    throw new ConfigError({
      variable: 'SHARD_COUNT',
      problem: 'is 1',
      takes: 'two or more: one shard has nothing to clear',
    })
  }
  if (shardCount > 1 && !rolesOfSeveralShards.has(role)) {
    const problem = `is ${shardCount}, and the role ${role} serves a ledger of one shard`
    throw new ConfigError({ variable: 'SHARD_COUNT', problem, takes: '1, or run another role' })
  }
}

function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
