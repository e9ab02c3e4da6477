import { concatHex, getContract, numberToHex, parseEther } from 'viem'
import { FOREVER, signReceive } from '../test/support/signatures.ts'
import { claimGas, finalise, payeeAddress, postRows, registerPayees, rowsOf } from './epochs.ts'
import type { GasFigure } from './figure.ts'
import type { Setting } from './setting.ts'

const PAYEES = 4_096

/** As many rows as the services put into one transaction. */
const PART_ROWS = 1_000

/** As many payees as the services register in one transaction. */
const CALL_PAYEES = 200

/** Increments of four bytes and, from the second epoch on, cumulatives of five. */
const EPOCH_LEAST = 4_210_752_257n

/** Four bytes, and so little that the genesis amount pays all rows twice. */
const CLAIM_LEAST = 33_686_273n

/** Rows of the epoch that a claim is shown from. */
const CLAIM_ROWS = 65_000

/** Posting an epoch, two usual ways to pay as many, and a payee's first claim out of it. */
export async function epochFigures(setting: Setting): Promise<readonly GasFigure[]> {
  const register = await setting.aside(() => registerGas(setting))
  await registerPayees(setting, PAYEES)
  const first = await postRows(setting, rowsOf(PAYEES, EPOCH_LEAST))
  await finalise(setting, first.epoch)
  const claimFirst = await setting.aside(() => claimGas(setting, first.epoch, rowsOf(PAYEES, EPOCH_LEAST), PAYEES - 1))
  const { gas } = await setting.aside(() => postRows(setting, rowsOf(PAYEES, EPOCH_LEAST, 1, Number(first.epoch))))
  const partRows = rowsOf(PART_ROWS, EPOCH_LEAST, 1, Number(first.epoch))
  const part = await setting.aside(() => postRows(setting, partRows))
  const loop = await transferGas(setting)
  const batch = await batchGas(setting)
  const perPayee = { unit: 'gas a payee', baseline: loop, baselineName: 'a transfer each' } as const
  return [
    { name: 'epoch_4096', gas: Math.round(gas / PAYEES), budget: 700, ...perPayee },
    { name: 'register_payee', gas: Math.round(register / CALL_PAYEES), unit: 'gas a payee' },
    { name: 'epoch_part_1000', gas: part.gas, unit: 'gas' },
    { name: 'packed_batch', gas: batch, unit: 'gas a payee', baseline: loop, baselineName: 'a transfer each' },
    { name: 'claim_first', gas: claimFirst, unit: 'gas', budget: 80_000 },
  ]
}

/** Claims out of an epoch with very many rows. */
export async function claimFigures(setting: Setting): Promise<readonly GasFigure[]> {
  await registerPayees(setting, CLAIM_ROWS)
  const before = Number(await setting.settlement.read.finalEpoch())
  const paid = rowsOf(PAYEES, EPOCH_LEAST)
  const rows = rowsOf(CLAIM_ROWS, CLAIM_LEAST).map((row, i) => {
    const cumulativeMicrocredits = row.incrementMicrocredits + (paid[i]?.incrementMicrocredits ?? 0n)
    return i < PAYEES ? { ...row, cumulativeMicrocredits, previousEpoch: before } : row
  })
  const first = await postRows(setting, rows)
  await finalise(setting, first.epoch)
  const index = 50_000
  const claimFirst = await claimGas(setting, first.epoch, rows, index)
  const again = rowsOf(CLAIM_ROWS, CLAIM_LEAST).map((row, i) => {
    const cumulativeMicrocredits = (rows[i]?.cumulativeMicrocredits ?? 0n) + row.incrementMicrocredits
    return { ...row, cumulativeMicrocredits, previousEpoch: Number(first.epoch) }
  })
  const second = await postRows(setting, again)
  await finalise(setting, second.epoch)
  const claimRepeat = await claimGas(setting, second.epoch, again, index)
  const distributor = await distributorGas(setting)
  const perClaim = { unit: 'gas', baseline: distributor, baselineName: 'Merkle distributor, one epoch' } as const
  return [
    { name: 'claim_repeat', gas: claimRepeat, budget: 65_000, ...perClaim },
    { name: 'claim_first_65000', gas: claimFirst, ...perClaim },
  ]
}

/** A transfer of DPC beside one of OpenZeppelin's plain ERC-20, between accounts that hold both. */
export async function transferFigures(setting: Setting): Promise<readonly GasFigure[]> {
  const { token, wallets, gasOf } = setting
  const to = wallets.alice.account.address
  await token.write.transfer([to, parseEther('1000')])
  const gas = await gasOf(token.write.transfer([to, parseEther('1')]))
  const plain = await transferGas(setting)
  return [
    {
      name: 'transfer',
      gas,
      unit: 'gas',
      budget: Math.floor(plain * 1.01),
      baseline: plain,
      baselineName: 'OpenZeppelin ERC20',
    },
  ]
}

/** A deposit that another account relays under an ERC-3009 authorisation. */
export async function depositFigures(setting: Setting): Promise<readonly GasFigure[]> {
  const { settlement, addresses, wallets, gasOf, token } = setting
  const from = wallets.alice
  const amountWei = parseEther('10')
  await token.write.transfer([from.account.address, parseEther('100')])
  const nonce = numberToHex(1, { size: 32 })
  const { v, r, s } = await signReceive(from, addresses, { value: amountWei, nonce })
  const gas = await gasOf(
    settlement.write.depositWithAuthorization([from.account.address, amountWei, 0n, FOREVER, nonce, v, r, s], {
      account: wallets.stranger.account,
    }),
  )
  return [{ name: 'deposit_3009', gas, unit: 'gas', budget: 120_000 }]
}

/** One transaction that gives ids to payees who have none. */
function registerGas({ settlement, gasLimit, gasOf }: Setting): Promise<number> {
  const accounts = Array.from({ length: CALL_PAYEES }, (_, i) => payeeAddress(i + 1))
  return gasOf(settlement.write.registerPayees([accounts], { gas: gasLimit }))
}

/** A plain ERC-20 transfer to an account that holds some. */
async function transferGas(setting: Setting): Promise<number> {
  const { wallets, publicClient, gasOf } = setting
  return setting.aside(async () => {
    const plain = await plainToken(setting)
    const to = wallets.alice.account.address
    const client = { public: publicClient, wallet: wallets.distribution }
    const contract = getContract({ ...plain, client })
    await contract.write['transfer']?.([to, parseEther('1000')])
    return gasOf(contract.write['transfer']?.([to, parseEther('1')]) ?? Promise.reject(new Error('no transfer')))
  })
}

/** A payee's share of one batch of 256 packed payments to accounts that hold some. */
async function batchGas(setting: Setting): Promise<number> {
  const { wallets, publicClient, gasLimit, gasOf } = setting
  return setting.aside(async () => {
    const plain = await plainToken(setting)
    const batch = await setting.deployBaseline('PackedBatch', [plain.address])
    const client = { public: publicClient, wallet: wallets.distribution }
    const token = getContract({ ...plain, client })
    const contract = getContract({ ...batch, client })
    await token.write['approve']?.([batch.address, parseEther('1000000')])
    const payments = Array.from({ length: 256 }, (_, i) =>
      concatHex([payeeAddress(i + 1), numberToHex(parseEther('1') + BigInt(i), { size: 12 })]),
    )
    const pay = () => contract.write['pay']?.([payments], { gas: gasLimit }) ?? Promise.reject(new Error('no pay'))
    await gasOf(pay())
    return Math.round((await gasOf(pay())) / payments.length)
  })
}

/** A claim from a distributor of as many accounts; its proof is as deep as the tree. */
async function distributorGas(setting: Setting): Promise<number> {
  const { claimFromDistributor } = await import('./distributor.ts')
  return setting.aside(() => claimFromDistributor(setting, CLAIM_ROWS, plainToken))
}

export async function plainToken(setting: Setting) {
  const { wallets } = setting
  return setting.deployBaseline('PlainToken', [wallets.distribution.account.address, parseEther('1000000000')])
}
