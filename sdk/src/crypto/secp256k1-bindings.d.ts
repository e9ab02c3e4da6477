/** What is used of the native part of the package secp256k1, which ships no types. */
declare module 'secp256k1/bindings.js' {
  const bindings: import('./native-secp256k1.ts').NativeSecp256k1
  export = bindings
}
