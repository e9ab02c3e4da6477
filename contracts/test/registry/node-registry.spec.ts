import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { type Address, getAddress, type Hex, hashTypedData, keccak256, toHex, zeroAddress, zeroHash } from 'viem'
import { nodeRegistryAbi, nodeRegistryBytecode } from '../../generated/index.ts'
import {
  alice,
  bob,
  type Contracts,
  CREDIT_WEI,
  carol,
  deployer,
  loadContracts,
  networkHelpers,
  stranger,
  UNBOND_SECONDS,
  viem,
} from '../support/chain.ts'
import { FOREVER } from '../support/signatures.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
type Wallet = typeof alice

/** Alice is the node, bob owns what is staked. */
const node = getAddress(alice.account.address)
const payoutWallet = getAddress(bob.account.address)
const strangerAt = getAddress(stranger.account.address)
const asNode = { account: alice.account }
const asPayoutWallet = { account: bob.account }
const anybody = { account: stranger.account }
const STAKE_WEI = 100n * CREDIT_WEI

let contracts: Contracts

/** Runs for each group by itself: a hook of the file would run for every spec of the process. */
const atEachStart = async () => {
  contracts = await loadContracts()
  for (const { account } of [alice, bob, carol])
    await contracts.token.write.approve([contracts.addresses.registry, 1_000n * CREDIT_WEI], { account })
}

const register = (stakeWei = STAKE_WEI) => contracts.registry.write.registerNode([payoutWallet, stakeWei], asNode)

type Registration = { deadline?: bigint; registered?: Address; contract?: Address; wallet?: Address }

function signRegistration(signer: Wallet, changed: Registration = {}): Promise<Hex> {
  const { deadline = FOREVER, registered = node, wallet = payoutWallet } = changed
  const { contract = contracts.addresses.registry } = changed
  return signer.signTypedData({
    domain: { name: 'DEparrow', version: '1', chainId: 31337, verifyingContract: contract },
    types: {
      NodeRegistration: [
        { name: 'node', type: 'address' },
        { name: 'payoutWallet', type: 'address' },
        { name: 'deadline', type: 'uint64' },
      ],
    },
    primaryType: 'NodeRegistration',
    message: { node: registered, payoutWallet: wallet, deadline },
  })
}

const baseReceipt = {
  orderDigest: keccak256(toHex('order')),
  node,
  attempt: 1,
  sequence: 7n,
  outcome: 0,
  inputDigest: zeroHash,
  outputDigest: keccak256(toHex('output')),
  startedAtMs: 1_000n,
  endedAtMs: 2_000n,
  fuel: 3n,
  cpuMs: 4n,
  memoryBytesPeak: 5n,
  gpuMs: 6n,
  storageByteSeconds: 8n,
  egressBytes: 9n,
}

type Receipt = Parameters<Contracts['registry']['write']['slash']>[0][0]

const receipt = (changed: Partial<Receipt> = {}): Receipt => ({ ...baseReceipt, ...changed })

const RECEIPT_FIELDS = [
  ['orderDigest', 'bytes32'],
  ['node', 'address'],
  ['attempt', 'uint32'],
  ['sequence', 'uint64'],
  ['outcome', 'uint8'],
  ['inputDigest', 'bytes32'],
  ['outputDigest', 'bytes32'],
  ['startedAtMs', 'uint64'],
  ['endedAtMs', 'uint64'],
  ['fuel', 'uint64'],
  ['cpuMs', 'uint64'],
  ['memoryBytesPeak', 'uint64'],
  ['gpuMs', 'uint64'],
  ['storageByteSeconds', 'uint64'],
  ['egressBytes', 'uint64'],
] as const

const typedReceipt = (message: Receipt, contract: Address) => ({
  domain: { name: 'DEparrow', version: '1', chainId: 31337, verifyingContract: contract },
  types: { UsageReceipt: RECEIPT_FIELDS.map(([name, type]) => ({ name, type })) },
  primaryType: 'UsageReceipt' as const,
  message,
})

const digestOfReceipt = (message: Receipt): Hex => hashTypedData(typedReceipt(message, contracts.addresses.settlement))

/** As a node signs for the settlement contract, unless another one is named. */
function signReceipt(signer: Wallet, message: Receipt, contract = contracts.addresses.settlement): Promise<Hex> {
  return signer.signTypedData(typedReceipt(message, contract))
}

async function slash(a: Receipt, b: Receipt, signer: Wallet = alice) {
  const [signatureA, signatureB] = [await signReceipt(signer, a), await signReceipt(signer, b)]
  return contracts.registry.write.slash([a, signatureA, b, signatureB], anybody)
}

describe('the registry', () => {
  beforeEach(atEachStart)

  it('cannot be deployed without token or settlement, or with a period of nothing or of more than a year', async () => {
    const { registry, addresses } = contracts
    const { token, settlement } = addresses
    const deploy = (args: readonly [Address, Address, bigint]) =>
      deployer.deployContract({ abi: nodeRegistryAbi, bytecode: nodeRegistryBytecode, args })
    await revertWithCustomError(deploy([zeroAddress, settlement, 1n]), registry, 'RegistryAddressZero')
    await revertWithCustomError(deploy([token, zeroAddress, 1n]), registry, 'RegistryAddressZero')
    for (const seconds of [0n, 31_536_001n])
      await reverts(deploy([token, settlement, seconds]), registry, 'UnbondSecondsInvalid', [seconds])
    await deploy([token, settlement, 31_536_000n])
  })
})

describe('registering a node', () => {
  beforeEach(atEachStart)

  it('is refused without a payout wallet, and a second time', async () => {
    const { registry } = contracts
    const none = registry.write.registerNode([zeroAddress, 0n], asNode)
    await revertWithCustomError(none, registry, 'RegistryAddressZero')
    await register()
    await reverts(register(), registry, 'NodeKnown', [node])
    const signature = await signRegistration(alice)
    const again = registry.write.registerNodeBySignature([node, payoutWallet, 0n, FOREVER, signature], anybody)
    await reverts(again, registry, 'NodeKnown', [node])
  })

  it('by signature is refused for another key, wallet, node, contract or deadline, and too late', async () => {
    const { registry, addresses } = contracts
    const signatures = [
      await signRegistration(bob),
      await signRegistration(alice, { wallet: strangerAt }),
      await signRegistration(alice, { registered: payoutWallet }),
      await signRegistration(alice, { contract: addresses.settlement }),
      await signRegistration(alice, { deadline: FOREVER - 1n }),
    ]
    for (const signature of signatures) {
      const registering = registry.write.registerNodeBySignature([node, payoutWallet, 0n, FOREVER, signature], anybody)
      await revertWithCustomError(registering, registry, 'SignerDiffers')
    }
    const broken = registry.write.registerNodeBySignature([node, payoutWallet, 0n, FOREVER, '0x00'], anybody)
    await revertWithCustomError(broken, registry, 'SignatureInvalid')
    const signature = await signRegistration(alice, { deadline: 1n })
    const late = registry.write.registerNodeBySignature([node, payoutWallet, 0n, 1n, signature], anybody)
    await reverts(late, registry, 'RegistrationExpired', [1n])
  })

  it('by signature is refused for the address that nobody has a key of, whatever is shown as its signature', async () => {
    const { registry } = contracts
    const registerNobody = (signature: Hex) =>
      registry.write.registerNodeBySignature([zeroAddress, payoutWallet, 0n, FOREVER, signature], anybody)
    const unrecoverable: Hex = `0x${'ff'.repeat(32)}${'00'.repeat(31)}011b`
    await revertWithCustomError(registerNobody(unrecoverable), registry, 'SignatureInvalid')
    const signed = await signRegistration(alice, { registered: zeroAddress })
    await revertWithCustomError(registerNobody(signed), registry, 'SignerDiffers')
  })

  it('by signature is taken in the last second in which it counts', async () => {
    const { registry } = contracts
    const deadline = BigInt(await networkHelpers.time.latest()) + 100n
    const signature = await signRegistration(alice, { deadline })
    const args = [node, payoutWallet, 0n, deadline, signature] as const
    await networkHelpers.time.setNextBlockTimestamp(deadline)
    await registry.write.registerNodeBySignature(args, anybody)
    assert.equal((await registry.read.nodeOf([node])).payoutWallet, payoutWallet)
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n)
    await reverts(registry.write.registerNodeBySignature(args, anybody), registry, 'RegistrationExpired', [deadline])
  })

  it('takes the stake from who calls and gives it to the payout wallet', async () => {
    const { registry, token } = contracts
    const signature = await signRegistration(alice)
    const before = await token.read.balanceOf([carol.account.address])
    const registering = registry.write.registerNodeBySignature([node, payoutWallet, STAKE_WEI, FOREVER, signature], {
      account: carol.account,
    })
    await emitWithArgs(registering, registry, 'NodeRegistered', [node, payoutWallet])
    assert.equal(await token.read.balanceOf([carol.account.address]), before - STAKE_WEI)
    assert.deepEqual(await registry.read.nodeOf([node]), {
      payoutWallet,
      withdrawableAt: 0n,
      isSlashed: false,
      stakeWei: STAKE_WEI,
      unbondingWei: 0n,
    })
  })

  it('needs no stake', async () => {
    await register(0n)
    assert.deepEqual(await contracts.registry.getEvents.StakeAdded(), [])
    assert.equal((await contracts.registry.read.nodeOf([node])).stakeWei, 0n)
  })
})

describe('a stake', () => {
  beforeEach(atEachStart)

  it('is disposed of by the payout wallet alone, not even by the node', async () => {
    const { registry } = contracts
    await register()
    for (const { account } of [alice, stranger, carol]) {
      const expected = [node, getAddress(account.address)] as const
      const attempts = [
        registry.write.unbond([node, 1n], { account }),
        registry.write.changePayoutWallet([node, account.address], { account }),
      ]
      for (const attempt of attempts) await reverts(attempt, registry, 'CallerNotPayoutWallet', [...expected])
    }
  })

  it('of a node that nobody registered is refused', async () => {
    const { registry } = contracts
    const attempts = [
      registry.write.addStake([node, 1n], asNode),
      registry.write.unbond([node, 1n], asPayoutWallet),
      registry.write.withdraw([node], anybody),
      registry.write.changePayoutWallet([node, strangerAt], asPayoutWallet),
      slash(receipt(), receipt({ fuel: 0n })),
    ]
    for (const attempt of attempts) await reverts(attempt, registry, 'NodeUnknown', [node])
  })

  it('grows by anybody', async () => {
    const { registry } = contracts
    await register()
    await revertWithCustomError(registry.write.addStake([node, 0n], asNode), registry, 'StakeZero')
    const adding = registry.write.addStake([node, 5n], { account: carol.account })
    await emitWithArgs(adding, registry, 'StakeAdded', [node, getAddress(carol.account.address), 5n])
    assert.equal((await registry.read.nodeOf([node])).stakeWei, STAKE_WEI + 5n)
  })

  it('unbonds at most what there is, and is paid out no second too early, to the payout wallet, once', async () => {
    const { registry, token } = contracts
    await register()
    const tooMuch = registry.write.unbond([node, STAKE_WEI + 1n], asPayoutWallet)
    await reverts(tooMuch, registry, 'StakeTooSmall', [node, STAKE_WEI, STAKE_WEI + 1n])
    await revertWithCustomError(registry.write.unbond([node, 0n], asPayoutWallet), registry, 'StakeZero')
    await reverts(registry.write.withdraw([node], anybody), registry, 'NothingUnbonding', [node])
    await registry.write.unbond([node, 30n], asPayoutWallet)
    await networkHelpers.time.increase(UNBOND_SECONDS - 10n)
    await registry.write.unbond([node, 12n], asPayoutWallet)
    const { withdrawableAt, stakeWei, unbondingWei } = await registry.read.nodeOf([node])
    assert.equal(withdrawableAt, BigInt(await networkHelpers.time.latest()) + UNBOND_SECONDS)
    assert.deepEqual([stakeWei, unbondingWei], [STAKE_WEI - 42n, 42n])
    await networkHelpers.time.setNextBlockTimestamp(withdrawableAt - 1n)
    const early = registry.write.withdraw([node], anybody)
    await reverts(early, registry, 'UnbondingUntil', [node, withdrawableAt])
    const before = await token.read.balanceOf([payoutWallet])
    await networkHelpers.time.setNextBlockTimestamp(withdrawableAt)
    await emitWithArgs(registry.write.withdraw([node], anybody), registry, 'StakeWithdrawn', [node, payoutWallet, 42n])
    assert.equal(await token.read.balanceOf([payoutWallet]), before + 42n)
    await reverts(registry.write.withdraw([node], anybody), registry, 'NothingUnbonding', [node])
  })

  it('may be a single wei, which is added, unbonded and paid out as any other', async () => {
    const { registry, token } = contracts
    await register(0n)
    await registry.write.addStake([node, 1n], asNode)
    const unbondedAt = BigInt(await networkHelpers.time.latest()) + 5n
    await networkHelpers.time.setNextBlockTimestamp(unbondedAt)
    const unbonding = registry.write.unbond([node, 1n], asPayoutWallet)
    await emitWithArgs(unbonding, registry, 'StakeUnbonding', [node, 1n, unbondedAt + UNBOND_SECONDS])
    await networkHelpers.time.increase(UNBOND_SECONDS)
    const before = await token.read.balanceOf([payoutWallet])
    await registry.write.withdraw([node], anybody)
    assert.equal(await token.read.balanceOf([payoutWallet]), before + 1n)
  })

  it('goes with the payout wallet to another one', async () => {
    const { registry, token } = contracts
    await register()
    const nobody = registry.write.changePayoutWallet([node, zeroAddress], asPayoutWallet)
    await revertWithCustomError(nobody, registry, 'RegistryAddressZero')
    await registry.write.unbond([node, STAKE_WEI], asPayoutWallet)
    const changing = registry.write.changePayoutWallet([node, strangerAt], asPayoutWallet)
    await emitWithArgs(changing, registry, 'PayoutWalletChanged', [node, strangerAt])
    await networkHelpers.time.increase(UNBOND_SECONDS)
    await registry.write.withdraw([node], asNode)
    assert.equal(await token.read.balanceOf([strangerAt]), STAKE_WEI)
  })
})

describe('slashing', () => {
  beforeEach(atEachStart)

  it('is refused for receipts that can both be honest', async () => {
    const { registry } = contracts
    await register()
    for (const [a, b] of [
      [receipt(), receipt()],
      [receipt(), receipt({ sequence: 8n })],
      [receipt(), receipt({ node: payoutWallet, fuel: 0n })],
      [receipt(), receipt({ orderDigest: zeroHash, sequence: 8n })],
    ] as const)
      await revertWithCustomError(slash(a, b), registry, 'ReceiptsCompatible')
  })

  it('is refused unless the node signed both, for this settlement contract', async () => {
    const { registry, addresses } = contracts
    await register()
    const [a, b] = [receipt(), receipt({ fuel: 0n })]
    const [signedA, signedB] = [await signReceipt(alice, a), await signReceipt(alice, b)]
    const foreign = await signReceipt(bob, b)
    const elsewhere = await signReceipt(alice, b, addresses.registry)
    for (const [first, second] of [
      [signedA, foreign],
      [foreign, signedB],
      [signedA, elsewhere],
      [signedA, signedA],
      [signedB, signedA],
    ] as const) {
      const slashing = registry.write.slash([a, first, b, second], anybody)
      await revertWithCustomError(slashing, registry, 'SignerDiffers')
    }
    await revertWithCustomError(slash(a, b, bob), registry, 'SignerDiffers')
    const broken = registry.write.slash([a, signedA, b, '0x'], anybody)
    await revertWithCustomError(broken, registry, 'SignatureInvalid')
    assert.equal((await registry.read.nodeOf([node])).stakeWei, STAKE_WEI)
  })

  it('takes stake and what unbonds: a tenth to the caller, the rest is burnt', async () => {
    const { registry, token } = contracts
    await register()
    await registry.write.unbond([node, STAKE_WEI / 4n], asPayoutWallet)
    await networkHelpers.time.increase(UNBOND_SECONDS)
    const supply = await token.read.totalSupply()
    const rewardWei = STAKE_WEI / 10n
    const [a, b] = [receipt(), receipt({ orderDigest: zeroHash })]
    const slashed = [
      node,
      strangerAt,
      digestOfReceipt(a),
      digestOfReceipt(b),
      rewardWei,
      STAKE_WEI - rewardWei,
    ] as const
    await emitWithArgs(slash(a, b), registry, 'NodeSlashed', [...slashed])
    assert.equal(await token.read.balanceOf([strangerAt]), rewardWei)
    assert.equal(await token.read.totalSupply(), supply - STAKE_WEI + STAKE_WEI / 10n)
    assert.equal(await token.read.balanceOf([contracts.addresses.registry]), 0n)
    await reverts(registry.write.withdraw([node], anybody), registry, 'NothingUnbonding', [node])
    const { stakeWei, unbondingWei } = await registry.read.nodeOf([node])
    assert.deepEqual([stakeWei, unbondingWei], [0n, 0n])
  })

  it('happens once, and a slashed node is staked no more', async () => {
    const { registry } = contracts
    await register()
    await slash(receipt(), receipt({ fuel: 0n }))
    await reverts(slash(receipt(), receipt({ fuel: 0n })), registry, 'NodeIsSlashed', [node])
    await reverts(registry.write.addStake([node, 1n], asNode), registry, 'NodeIsSlashed', [node])
    assert.equal((await registry.read.nodeOf([node])).isSlashed, true)
  })

  it('leaves the stakes of others alone', async () => {
    const { registry, token, addresses } = contracts
    await register()
    await registry.write.registerNode([payoutWallet, 7n], { account: carol.account })
    await slash(receipt(), receipt({ fuel: 0n }))
    assert.equal(await token.read.balanceOf([addresses.registry]), 7n)
    assert.equal((await registry.read.nodeOf([carol.account.address])).stakeWei, 7n)
  })
})
