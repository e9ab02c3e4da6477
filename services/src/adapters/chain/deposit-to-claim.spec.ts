import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settlementAbi } from '@deparrow/contracts'
import { encodeRow } from '@deparrow/contracts/rows'
import { JournalLedger, type LedgerConfig, lowerHex, withdrawalType } from '@deparrow/ledger'
import { ethersCrypto, InMemoryEventStore, ledgerActor, testConfig } from '@deparrow/ledger/testing'
import { parseEther } from 'viem'
import { ChainFollower } from '../../settlement/chain-follower.ts'
import { claimFor } from '../../settlement/claims.ts'
import { EpochPoster } from '../../settlement/epoch-poster.ts'
import { feedJournal } from '../../settlement/journal-feed.ts'
import { JournalIndex } from '../../settlement/journal-index.ts'
import { clock, depositor, LocalSettlement, must } from './local-settlement.spec.fixture.ts'

const net = new LocalSettlement()

describe('settlement on the contracts', () => {
  it('carries a deposit into the journal and a withdrawal back out as DPC', async () => {
    await net.deposit(parseEther('7'))
    const chain = net.chainOf()
    const settlement = lowerHex(net.deployment.addresses.settlement)
    const { genesisHash } = await chain.identity()
    const config: LedgerConfig = { ...testConfig, chainId: 31_337, settlement, genesisHash }
    const ledger = await JournalLedger.open({
      store: new InMemoryEventStore(),
      shard: 'test',
      crypto: ethersCrypto,
      clock,
      signer: ledgerActor.asLedgerSigner(),
    })
    await ledger.submit({ type: 'OpenLedger', config })
    const index = new JournalIndex()
    await feedJournal(ledger, event => index.apply(event))
    const follower = new ChainFollower({ ledger, chain, index, blocksPerRequestMax: 5 })
    const options = { gatherMs: 0, epochIntervalMs: 3_600_000, payeesPerCallMax: 200 }
    const isChainDoubtful = () => follower.followed === undefined || follower.chainAlarm !== undefined
    const epochs = new EpochPoster({ ledger, chain, index, clock, options, isChainDoubtful })
    await follower.poll()
    const depositorAddress = lowerHex(depositor.address)
    assert.equal(ledger.balance(depositorAddress).availableMicrocredits, 7_000_000n)

    const account = depositor
    const message = {
      wallet: depositorAddress,
      amountMicrocredits: 5_000_000n,
      lane: 0,
      nonce: 1n,
      deadline: BigInt(Math.floor(clock.nowMs() / 1000) + 600),
    }
    const signature = await account.signTypedData({
      domain: { name: 'DEparrow', version: '1', chainId: 31_337, verifyingContract: settlement },
      types: { Withdrawal: withdrawalType.fields.map(field => ({ ...field })) },
      primaryType: 'Withdrawal',
      message,
    })
    const answer = await ledger.submit({ type: 'WithdrawCredits', withdrawal: { message, signature } })
    assert.equal(answer.status, 'accepted')
    for (let round = 0; round < 2_000 && index.lastFinalEpoch === 0; round++) {
      await epochs.tick()
      await follower.poll()
      assert.equal(epochs.posterAlarm, undefined)
      assert.equal(follower.chainAlarm, undefined)
    }
    assert.equal(index.lastFinalEpoch, 1)

    const claim = must(claimFor(index, depositorAddress))
    const row = encodeRow(claim)
    const args = [BigInt(claim.epoch), claim.part, claim.index, row, [...claim.proof]] as const
    const before = await chain.contractWei()
    const blockBefore = must(await chain.confirmedBlock()).number
    await net.mined(
      net.walletOf().writeContract({ address: settlement, abi: settlementAbi, functionName: 'claim', args }),
    )
    await follower.poll()
    assert.equal(before - (await chain.contractWei()), parseEther('5'))
    assert.equal(await chain.contractWei(blockBefore), before)
    assert.equal(claimFor(index, depositorAddress), undefined)
    const { reserve, payables } = ledger.books()
    assert.equal(payables, 0n)
    assert.equal(reserve * 10n ** 12n, await chain.contractWei())
  })
})
