import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { play } from './game.ts'
import { type Rule, rules } from './rules.ts'
import { deaf, type Strategy, shortHolds, strategies, tampering, watchedLate } from './strategies.ts'

const smallCap = (strategy: Strategy): Strategy => ({ ...strategy, params: { orderCap: 5 } })
const { frozen, griefed, mixed, poor, silent, stalled } = strategies

/** Who profits, or grieves, when the contract forgets a rule. */
const profiteers: Partial<Record<Rule, Strategy>> = {
  'cut-advances': frozen,
  'closed-at-recent': frozen,
  'books-close': tampering('fromNothing'),
  'bond-to-post': poor,
  'final-after-window': tampering('silentLoss'),
  'time-to-follow-up': watchedLate(tampering('hiddenDebit')),
  'statement-balances': tampering('silentLoss'),
  'held-is-holds': tampering('heldWithoutHolds'),
  'first-statement-stands': tampering('hiddenDebit'),
  'nonce-not-above-closing': tampering('lanesBehind'),
  'hold-ended': tampering('endlessHold'),
  'lane-not-lower': tampering('lanesReset'),
  'permission-cap': tampering('delegateBeyond'),
  'permission-counterparty': tampering('delegateBeyond'),
  'permission-names-node': tampering('delegateElsewhere'),
  'permission-expiry': tampering('delegateBeyond'),
  'permission-revocation': tampering('delegateBeyond'),
  'standing-order-keeps-permission': griefed,
  'instruction-least': tampering('unwantedPayout'),
  'instruction-expiry': tampering('unwantedPayout'),
  'row-increment': tampering('lowRow'),
  'row-payee': tampering('wrongRowDebit'),
  'forced-of-this-epoch': tampering('wrongForced'),
  'forced-account': tampering('wrongForced'),
  'forced-debit-is-asked': tampering('moreThanSigned'),
  'forced-paid-or-empty': tampering('forcedIgnored'),
  'credit-large-enough': tampering('shortCredit'),
  'ground-names-receiver': griefed,
  'ground-of-this-epoch': griefed,
  'push-in-time': shortHolds(griefed),
  'push-of-this-epoch': griefed,
  'acceptance-of-this-epoch': griefed,
  'other-receipt-of-order': tampering('receiptDropped'),
  'release-of-order': tampering('holdDropped'),
  'settled-entry-debits': tampering('emptyEntry'),
  'worthless-is-due-nothing': deaf(tampering('holdDropped')),
  'ended-not-in-opening': tampering('holdDropped'),
  'order-unknown-pays': smallCap(tampering('receiptDropped')),
  'order-stood-is-no-unknown': smallCap(deaf(tampering('jobErased'))),
  'kept-of-this-epoch': griefed,
  'order-kept': tampering('holdDropped'),
  'kept-until-expiry': tampering('holdDropped'),
  'expiry-covers-pushes': shortHolds(deaf(tampering('pushPutOff'))),
  'row-cumulative': tampering('wrongCumulative'),
  'payable-paid-out': tampering('payableKept'),
  'position-not-stale': tampering('positionFrozen'),
  'position-not-ahead': tampering('positionAhead'),
  'descendants-return-bonds': mixed,
  'rows-in-limit': stalled,
  'demand-in-window': stalled,
  'rank-in-window': stalled,
  'exit-after-silence': griefed,
  'exit-once': silent,
  'claim-final-only': tampering('inventedPayout', 'highCumulative'),
  'order-no-longer-held': tampering('endlessHold'),
  'order-stood-or-fresh': tampering('settledTwice'),
  'hold-is-full': tampering('swollenHold'),
  'message-deadline': tampering('expiredMessage'),
  'nonce-fresh': tampering('replay'),
  'debit-is-amount': tampering('moreThanSigned'),
  'debit-below-order-max': tampering('overchargedJob'),
  'key-is-digest': tampering('twice'),
  'signature-genuine': tampering('forgedMessage'),
  'signer-may-spend': tampering('strangersMessage'),
  'receipt-paid-what-is-due': tampering('receiptDropped'),
}

/** What the search cannot show, because it plays neither forks of the chain nor the network's own accounts, and its watchers end demands in time: see
 * `model.spec.ts`. */
const shownDirectly: readonly Rule[] = [
  'item-old-enough',
  'parent-is-head',
  'open-demand-holds-back',
  'network-has-no-statement',
  'bond-pays-once',
  'sequence-not-lower',
  'ended-if-pushed',
  'ended-nonce-used',
  'ended-position',
  'rank-lowers',
]

const seedsMax = 400

describe('a contract without one of its rules', () => {
  for (const [rule, strategy] of Object.entries(profiteers)) {
    it(`without ${rule} lets a theft or a grief through that it stops`, () => {
      assert.notEqual(seedThatBreaks(strategy, rule as Rule), undefined, `no game of ${seedsMax} shows it`)
    })
  }

  it('is tried for each rule, or its refusal is shown directly', () => {
    assert.deepEqual([...Object.keys(profiteers), ...shownDirectly].sort(), [...rules].sort())
  })
})

/** The first game that goes wrong without the rule and does not with it. */
function seedThatBreaks(strategy: Strategy, rule: Rule): number | undefined {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const isBroken = play({ ...strategy, seed, without: [rule] }).violations.length > 0
    if (isBroken && play({ ...strategy, seed }).violations.length === 0) return seed
  }
  return undefined
}
