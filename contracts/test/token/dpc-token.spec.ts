import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getAddress } from 'viem'
import { dpcTokenAbi } from '../../generated/index.ts'
import {
  alice,
  bob,
  CAP_WEI,
  CREDIT_WEI,
  deployer,
  distribution,
  guardian,
  loadContracts,
  networkHelpers,
  poster,
  stranger,
  viem,
} from '../support/chain.ts'
import { FOREVER, randomNonce, signCancel, signPermit, signReceive, signTransfer } from '../support/signatures.ts'

const { revertWithCustomErrorWithArgs: reverts, revertWithCustomError, emitWithArgs } = viem.assertions
const from = alice.account.address
const to = stranger.account.address
const relayer = { account: bob.account }

describe('DPC', () => {
  it('has nobody who owns, pauses or upgrades it', () => {
    const names = dpcTokenAbi.filter(item => item.type === 'function').map(({ name }) => name)
    const powers = names.filter(name => /owner|pause|upgrade|role|admin|blacklist|minter/i.test(name))
    assert.deepEqual(powers, [])
  })

  it('is minted by the emission contract alone', async () => {
    const { token } = await loadContracts()
    for (const { account } of [deployer, poster, guardian, distribution, stranger])
      await reverts(token.write.mint([to, 1n], { account }), token, 'MinterNotEmission', [account.address])
  })

  it('never exceeds its cap', async () => {
    const { token, addresses } = await loadContracts()
    const room = CAP_WEI - (await token.read.totalSupply())
    await networkHelpers.impersonateAccount(addresses.emission)
    await networkHelpers.setBalance(addresses.emission, CREDIT_WEI)
    const asEmission = { account: addresses.emission }
    await reverts(token.write.mint([to, room + 1n], asEmission), token, 'ERC20ExceededCap', [CAP_WEI + 1n, CAP_WEI])
    await token.write.mint([to, room], asEmission)
    await revertWithCustomError(token.write.mint([to, 1n], asEmission), token, 'ERC20ExceededCap')
  })

  it('is burnt by its holder, no more than there is', async () => {
    const { token } = await loadContracts()
    const supply = await token.read.totalSupply()
    await token.write.burn([CREDIT_WEI], { account: alice.account })
    assert.equal(await token.read.totalSupply(), supply - CREDIT_WEI)
    const tooMuch = token.write.burn([1_000n * CREDIT_WEI], { account: alice.account })
    await revertWithCustomError(tooMuch, token, 'ERC20InsufficientBalance')
  })

  it('refuses a permit that is expired, foreign or used', async () => {
    const { token, addresses } = await loadContracts()
    const spender = addresses.settlement
    const late = await signPermit(alice, addresses, { value: 1n, nonce: 0n, deadline: 1n })
    const expired = token.write.permit([from, spender, 1n, 1n, late.v, late.r, late.s], relayer)
    await reverts(expired, token, 'ERC2612ExpiredSignature', [1n])
    const { v, r, s } = await signPermit(alice, addresses, { value: 1n, nonce: 0n })
    const foreign = token.write.permit([to, spender, 1n, FOREVER, v, r, s], relayer)
    await revertWithCustomError(foreign, token, 'ERC2612InvalidSigner')
    assert.equal(await token.read.nonces([from]), 0n)
    await token.write.permit([from, spender, 1n, FOREVER, v, r, s], relayer)
    assert.equal(await token.read.nonces([from]), 1n)
    const again = token.write.permit([from, spender, 1n, FOREVER, v, r, s], relayer)
    await revertWithCustomError(again, token, 'ERC2612InvalidSigner')
  })
})

describe('an ERC-3009 authorisation', () => {
  it('moves DPC once under a random nonce, whoever relays it', async () => {
    const { token, addresses } = await loadContracts()
    const nonce = randomNonce()
    const { v, r, s } = await signTransfer(alice, addresses.token, { to, value: 5n, nonce })
    const args = [from, to, 5n, 0n, FOREVER, nonce, v, r, s] as const
    await emitWithArgs(token.write.transferWithAuthorization(args, relayer), token, 'AuthorizationUsed', [
      getAddress(from),
      nonce,
    ])
    assert.equal(await token.read.balanceOf([to]), 5n)
    assert.equal(await token.read.authorizationState([from, nonce]), true)
    const replay = token.write.transferWithAuthorization(args, relayer)
    await revertWithCustomError(replay, token, 'ERC3009UsedAuthorization')
  })

  it('refuses altered fields', async () => {
    const { token, addresses } = await loadContracts()
    const nonce = randomNonce()
    const { v, r, s } = await signTransfer(alice, addresses.token, { to, value: 5n, nonce })
    const altered = [
      [bob.account.address, to, 5n, 0n, FOREVER, nonce],
      [from, bob.account.address, 5n, 0n, FOREVER, nonce],
      [from, to, 6n, 0n, FOREVER, nonce],
      [from, to, 5n, 1n, FOREVER, nonce],
      [from, to, 5n, 0n, FOREVER + 1n, nonce],
      [from, to, 5n, 0n, FOREVER, randomNonce()],
    ] as const
    for (const fields of altered) {
      const transferring = token.write.transferWithAuthorization([...fields, v, r, s], relayer)
      await revertWithCustomError(transferring, token, 'ERC3009InvalidSignature')
    }
  })

  it('refuses to move before its time and after it', async () => {
    const { token, addresses } = await loadContracts()
    const now = BigInt(await networkHelpers.time.latest())
    for (const [validAfter, validBefore] of [
      [now + 1_000n, FOREVER],
      [0n, now],
    ] as const) {
      const nonce = randomNonce()
      const { v, r, s } = await signTransfer(alice, addresses.token, { to, value: 5n, nonce, validAfter, validBefore })
      const early = token.write.transferWithAuthorization(
        [from, to, 5n, validAfter, validBefore, nonce, v, r, s],
        relayer,
      )
      await reverts(early, token, 'ERC3009InvalidAuthorizationTime', [validAfter, validBefore])
    }
  })

  it('to receive is refused to everybody but the receiver', async () => {
    const { token, addresses } = await loadContracts()
    const nonce = randomNonce()
    const { v, r, s } = await signReceive(alice, addresses, { to, value: 5n, nonce })
    const args = [from, to, 5n, 0n, FOREVER, nonce, v, r, s] as const
    await revertWithCustomError(token.write.receiveWithAuthorization(args, relayer), token, 'ERC20InvalidReceiver')
    await token.write.receiveWithAuthorization(args, { account: stranger.account })
    assert.equal(await token.read.balanceOf([to]), 5n)
  })

  it('is worth nothing once its signer has cancelled it', async () => {
    const { token, addresses } = await loadContracts()
    const nonce = randomNonce()
    const foreign = await signCancel(bob, addresses.token, nonce)
    const cancelling = token.write.cancelAuthorization([from, nonce, foreign.v, foreign.r, foreign.s], relayer)
    await revertWithCustomError(cancelling, token, 'ERC3009InvalidSignature')
    const cancellation = await signCancel(alice, addresses.token, nonce)
    await token.write.cancelAuthorization([from, nonce, cancellation.v, cancellation.r, cancellation.s], relayer)
    const { v, r, s } = await signTransfer(alice, addresses.token, { to, value: 5n, nonce })
    const late = token.write.transferWithAuthorization([from, to, 5n, 0n, FOREVER, nonce, v, r, s], relayer)
    await revertWithCustomError(late, token, 'ERC3009UsedAuthorization')
  })
})
