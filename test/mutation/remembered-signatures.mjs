import { SigningKey } from 'ethers'

/**
 * Signing and recovering, done once for each input: both are functions of their arguments alone (RFC 6979), and a mutation run asks for
 * the same ones thousands of times.
 */
function remembered(compute, keyOf) {
  const results = new Map()
  return function (...args) {
    const key = keyOf.call(this, ...args)
    if (!results.has(key)) results.set(key, compute.apply(this, args))
    return results.get(key)
  }
}

SigningKey.prototype.sign = remembered(SigningKey.prototype.sign, function (digest) {
  return `${this.privateKey} ${digest}`
})
SigningKey.recoverPublicKey = remembered(
  SigningKey.recoverPublicKey,
  (digest, signature) => `${digest} ${signature.serialized ?? signature}`,
)
