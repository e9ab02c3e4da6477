export { ledgerCrypto } from './ledger-crypto.ts'
export { addressOfPrivateKey, SigningInputError, signDigest } from './sign-digest.ts'
export {
  SignatureChecks,
  SignatureChecksClosedError,
  SignatureChecksFullError,
  type SignatureChecksOptions,
} from './signature-pool.ts'
