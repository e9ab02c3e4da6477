import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  buildSchema,
  type GraphQLSchema,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { type RefusingUnion, refusalsOf } from './refusal-types.ts'

const folder = new URL('../../../../graphql/', import.meta.url)

function publicSchema(): GraphQLSchema {
  const files = readdirSync(folder).filter(name => name.endsWith('.graphql'))
  return buildSchema(files.map(name => readFileSync(new URL(name, folder), 'utf8')).join('\n'))
}

const schema = publicSchema()

describe('the public schema', () => {
  for (const union of Object.keys(refusalsOf) as RefusingUnion[]) {
    it(`lets ${union} hold just the refusals that are given for it`, () => {
      const type = schema.getType(union)
      assert.ok(isUnionType(type))
      const refusal = schema.getType('Refusal')
      assert.ok(isInterfaceType(refusal))
      const held = type.getTypes().filter(member => schema.isSubType(refusal, member))
      const given = ['Malformed', 'Refused', ...refusalsOf[union]]
      assert.deepEqual(held.map(({ name }) => name).sort(), given.toSorted())
    })
  }

  it('gives fields of one name the same type in all members of a union, so that they can be asked for together', () => {
    for (const union of Object.values(schema.getTypeMap()).filter(isUnionType)) {
      const types = new Map<string, string>()
      for (const member of union.getTypes()) {
        for (const { name, type } of Object.values(member.getFields())) {
          assert.equal(types.get(name) ?? String(type), String(type), `${union.name}: ${member.name}.${name}`)
          types.set(name, String(type))
        }
      }
    }
  })

  it('takes every list with a bound, or has few members by its nature', () => {
    const few = new Set([
      ...['Network.meshAddresses', 'Node.engines', 'Query.nodes', 'Epoch.rows', 'Claim.proof'],
      ...[
        'RowProof.siblings',
        'BalanceAsOf.places',
        'WalletEvent.entries',
        'LinkedMovement.commandIds',
        'LinkedMovement.acceptances',
      ],
      ...['Permission.counterparties', 'Permission.engines', 'Ledger.heads', 'LedgerEvent.entries', 'Audit.legs'],
      ...['SignedAcceptance.siblings', 'EpochInclusion.siblings', 'Leaf.nonces', 'Leaf.delegateNonces', 'Leaf.holds'],
    ])
    const unbounded: string[] = []
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__')) continue
      for (const field of Object.values(type.getFields())) {
        const inner = isNonNullType(field.type) ? field.type.ofType : field.type
        const isBound = field.args.some(({ name }) => name === 'first') || type.name.endsWith('Page')
        if (isListType(inner) && !isBound) unbounded.push(`${type.name}.${field.name}`)
      }
    }
    assert.deepEqual(
      unbounded.filter(name => !few.has(name)),
      [],
    )
  })
})
