/**
 * The scene: spheres of glass-like lacquer and chrome on a chequered floor, a low sun, a sky that fades from amber to
 * deep blue. Colours are linear light.
 */

export const sphereCount: i32 = 24
/** Bytes of a sphere: centre x, y, z, radius, colour r, g, b, reflectance, all f64. */
export const sphereBytes: usize = 64
export const spheres: usize = memory.data(24 * 64)

/** Unit vector from the scene to the sun: to the left, a little behind the eye. */
export const sunX: f64 = -0.660793
export const sunY: f64 = 0.520625
export const sunZ: f64 = -0.540649

function place(index: i32, x: f64, z: f64, radius: f64, red: f64, green: f64, blue: f64, reflectance: f64): void {
  const at = spheres + <usize>index * sphereBytes
  store<f64>(at, x)
  store<f64>(at, radius, 8)
  store<f64>(at, z, 16)
  store<f64>(at, radius, 24)
  store<f64>(at, red, 32)
  store<f64>(at, green, 40)
  store<f64>(at, blue, 48)
  store<f64>(at, reflectance, 56)
}

export function buildScene(): void {
  place(0, 0.0, 0.6, 1.3, 0.96, 0.95, 0.93, 0.88)
  place(1, -2.35, 0.35, 0.82, 0.8, 0.04, 0.05, 0.1)
  place(2, 2.25, 0.1, 0.9, 0.02, 0.14, 0.62, 0.12)
  place(3, -1.25, -1.55, 0.52, 0.95, 0.42, 0.02, 0.09)
  place(4, 1.05, -1.75, 0.58, 0.01, 0.4, 0.2, 0.1)
  place(5, -3.9, 2.9, 1.05, 0.24, 0.05, 0.42, 0.1)
  place(6, 3.95, 2.7, 1.15, 1.0, 0.71, 0.29, 0.78)
  place(7, -0.15, -2.65, 0.3, 0.95, 0.64, 0.54, 0.82)
  place(8, 2.35, -2.1, 0.34, 0.85, 0.09, 0.2, 0.09)
  place(9, -2.6, -1.9, 0.36, 0.02, 0.45, 0.56, 0.1)
  place(10, 1.55, 5.2, 1.5, 0.05, 0.06, 0.08, 0.32)
  scatterSmallSpheres(11)
}

/** Pearls on a golden-angle spiral, each of its own tint. */
function scatterSmallSpheres(first: i32): void {
  let turnX: f64 = 0.6
  let turnZ: f64 = -0.8
  for (let index = first; index < sphereCount; index += 1) {
    const step = <f64>(index - first)
    const distance = 2.9 + step * 0.3
    const tint = (step * 0.618034) % 1
    place(index, turnX * distance, turnZ * distance + 0.9, 0.17 + 0.07 * tint, hue(tint), hue(tint + 0.66), hue(tint + 0.33), 0.12)
    const nextX = turnX * -0.737369 - turnZ * 0.675490
    turnZ = turnX * 0.675490 + turnZ * -0.737369
    turnX = nextX
  }
}

/** A smooth bump over one turn of the colour circle. */
function hue(turn: f64): f64 {
  const phase = Math.abs((turn % 1) * 2 - 1)
  return 0.04 + 0.82 * phase * phase
}
