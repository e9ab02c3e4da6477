/** Where compute nodes reach the market. */
export type MeshAddresses = {
  /** Multiaddresses with the market's peer id. */
  addresses(): readonly string[] | Promise<readonly string[]>
}
