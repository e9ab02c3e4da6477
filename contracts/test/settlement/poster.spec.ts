/** Whoever watches or claims reads the rows from the calldata of the poster's transactions, so they have to be there. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFunctionData, getContractAddress, type Hex, zeroAddress } from 'viem'
import { settlementAbi } from '../../generated/index.ts'
import { encodeRows } from '../../rows/rows.ts'
import {
  deployer,
  deploySettlement,
  loadContracts,
  networkHelpers,
  poster,
  publicClient,
  strangeParameters,
  viem,
} from '../support/chain.ts'
import { firstRow, headerFor } from '../support/operator.ts'
import { callingAtCreation, delegationTo, deployRelay, relayed } from '../support/relay.ts'

const { revertWithCustomErrorWithArgs: reverts } = viem.assertions
const rows = [firstRow(1, 5n), firstRow(2, 6n)]
const [first, second] = rows.map(row => encodeRows([row])) as [Hex, Hex]

describe('posting', () => {
  it('through a contract is refused, even when that contract is the poster', async () => {
    const contracts = await loadContracts()
    const { settlement } = contracts
    const relay = await deployRelay()
    const hash = await deploySettlement({ ...strangeParameters(), poster: relay }, contracts.addresses.evidence)
    const { contractAddress } = await publicClient.getTransactionReceipt({ hash })
    const other = contractAddress ?? zeroAddress
    const header = { ...(await headerFor(contracts, {})), inboxCut: 0n, leavesTotalMicrocredits: 0n }
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'postEpoch', args: [header, '0x'] })
    const posting = deployer.sendTransaction({ to: relay, data: relayed(other, data) })
    await reverts(posting, settlement, 'PosterNotDirect', [relay])
    const at = { address: other, abi: settlementAbi } as const
    assert.equal(await publicClient.readContract({ ...at, functionName: 'lastEpoch' }), 0n)
  })

  it('out of a contract that is being constructed, and has no code yet, is refused too', async () => {
    const contracts = await loadContracts()
    const nonce = BigInt(await publicClient.getTransactionCount({ address: deployer.account.address }))
    const posterAt = getContractAddress({ from: deployer.account.address, nonce: nonce + 1n })
    const hash = await deploySettlement({ ...strangeParameters(), poster: posterAt }, contracts.addresses.evidence)
    const { contractAddress } = await publicClient.getTransactionReceipt({ hash })
    const header = { ...(await headerFor(contracts, {})), inboxCut: 0n, leavesTotalMicrocredits: 0n }
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'postEpoch', args: [header, '0x'] })
    const posting = deployer.sendTransaction({ data: callingAtCreation(contractAddress ?? zeroAddress, data) })
    await reverts(posting, contracts.settlement, 'PosterNotDirect', [posterAt])
  })

  it('is refused while the code of another contract runs in the poster account', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const { address } = poster.account
    const args = [await headerFor(contracts, { rows }), first] as const
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'postEpoch', args })
    await networkHelpers.setCode(address, delegationTo(await deployRelay()))
    const hidden = poster.sendTransaction({ to: address, data: relayed(addresses.settlement, data) })
    await reverts(hidden, settlement, 'PosterNotDirect', [address])
    await reverts(settlement.write.postEpoch(args), settlement, 'PosterNotDirect', [address])
    await networkHelpers.setCode(address, '0x')
    await settlement.write.postEpoch(args)
    assert.equal(await settlement.read.lastEpoch(), 1n)
  })

  it('of a further part follows the same rule', async () => {
    const contracts = await loadContracts()
    const { settlement, addresses } = contracts
    const { address } = poster.account
    await settlement.write.postEpoch([await headerFor(contracts, { rows }), first])
    const data = encodeFunctionData({ abi: settlementAbi, functionName: 'postRows', args: [1n, second] })
    await networkHelpers.setCode(address, delegationTo(await deployRelay()))
    const hidden = poster.sendTransaction({ to: address, data: relayed(addresses.settlement, data) })
    await reverts(hidden, settlement, 'PosterNotDirect', [address])
    assert.equal(await settlement.read.headEpoch(), 0n)
  })
})
