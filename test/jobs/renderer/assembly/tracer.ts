import { sphereBytes, sphereCount, spheres, sunX, sunY, sunZ } from './scene'

/** The colour that the last call of `trace` found, in linear light. */
export let red: f64 = 0
export let green: f64 = 0
export let blue: f64 = 0
/** What the last call of `trace` hit first: a sphere's index, -1 for the floor, -2 for the sky. */
export let firstHit: i32 = 0

const farAway: f64 = 1e9
const bouncesMax: i32 = 4
const floorHit: i32 = -1
const skyHit: i32 = -2

/** Distance of the hit that `nearest` found. */
let hitDistance: f64 = 0

/** Finds the first thing on a ray: a sphere's index, the floor or the sky; its distance is left in `hitDistance`. */
function nearest(ox: f64, oy: f64, oz: f64, dx: f64, dy: f64, dz: f64): i32 {
  let distance = farAway
  let hit = skyHit
  if (dy < -1e-6) {
    distance = -oy / dy
    hit = floorHit
  }
  const end = spheres + <usize>sphereCount * sphereBytes
  for (let at = spheres; at < end; at += sphereBytes) {
    const cx = load<f64>(at) - ox
    const cy = load<f64>(at, 8) - oy
    const cz = load<f64>(at, 16) - oz
    const along = cx * dx + cy * dy + cz * dz
    if (along <= 0) continue
    const radius = load<f64>(at, 24)
    const inside = radius * radius - (cx * cx + cy * cy + cz * cz) + along * along
    if (inside <= 0) continue
    const candidate = along - Math.sqrt(inside)
    if (candidate > 1e-4 && candidate < distance) {
      distance = candidate
      hit = <i32>((at - spheres) / sphereBytes)
    }
  }
  hitDistance = distance
  return hit
}

/** How much of the sun a point sees, 0 to 1: the sun is a disc, so the nearest miss of a sphere dims it. */
function sunlight(px: f64, py: f64, pz: f64): f64 {
  let light: f64 = 1
  const end = spheres + <usize>sphereCount * sphereBytes
  for (let at = spheres; at < end; at += sphereBytes) {
    const cx = load<f64>(at) - px
    const cy = load<f64>(at, 8) - py
    const cz = load<f64>(at, 16) - pz
    const along = cx * sunX + cy * sunY + cz * sunZ
    if (along <= 0) continue
    const radius = load<f64>(at, 24)
    const missSquared = Math.max(0, cx * cx + cy * cy + cz * cz - along * along)
    const reach = radius + along * 0.06
    if (missSquared >= reach * reach) continue
    const gap = (Math.sqrt(missSquared) - radius) / (along * 0.12) + 0.5
    light = Math.min(light, clamp(gap))
    if (light <= 0) return 0
  }
  return light * light * (3 - 2 * light)
}

/** How much of the sky a point with a given normal sees past the spheres around it, 0 to 1. */
function skylight(px: f64, py: f64, pz: f64, nx: f64, ny: f64, nz: f64, self: i32): f64 {
  let open: f64 = 1
  for (let index = 0; index < sphereCount; index += 1) {
    if (index == self) continue
    const at = spheres + <usize>index * sphereBytes
    const cx = load<f64>(at) - px
    const cy = load<f64>(at, 8) - py
    const cz = load<f64>(at, 16) - pz
    const squared = cx * cx + cy * cy + cz * cz
    const radius = load<f64>(at, 24)
    if (squared > radius * radius * 36) continue
    const facing = cx * nx + cy * ny + cz * nz
    if (facing > 0) open *= 1 - Math.min(1, (facing * radius * radius) / (squared * Math.sqrt(squared)))
  }
  return open
}

function addSky(dx: f64, dy: f64, dz: f64, weightR: f64, weightG: f64, weightB: f64): void {
  const low = 1 - Math.max(0, dy)
  const third = low * low * low
  const haze = third * third
  const towardsSun = Math.max(0, dx * sunX + dy * sunY + dz * sunZ)
  const squared = towardsSun * towardsSun
  const eighth = squared * squared * squared * squared
  const wide = eighth * eighth
  const narrow = wide * wide * wide * wide * wide * wide
  const disc = narrow * narrow * narrow * narrow
  const sun = wide * 0.5 + narrow * 1.2 + disc * 14
  red += weightR * (0.045 + 0.86 * haze + 0.05 * third + 1.3 * sun)
  green += weightG * (0.13 + 0.4 * haze + 0.16 * third + 0.98 * sun)
  blue += weightB * (0.42 + 0.02 * haze + 0.26 * third + 0.66 * sun)
}

function clamp(value: f64): f64 {
  return Math.max(0, Math.min(1, value))
}

/** Follows a ray from a point and leaves what it sees in `red`, `green`, `blue` and `firstHit`. */
export function trace(ox: f64, oy: f64, oz: f64, dx: f64, dy: f64, dz: f64): void {
  red = 0
  green = 0
  blue = 0
  let weightR: f64 = 1
  let weightG: f64 = 1
  let weightB: f64 = 1
  for (let bounce = 0; bounce < bouncesMax; bounce += 1) {
    const hit = nearest(ox, oy, oz, dx, dy, dz)
    if (bounce == 0) firstHit = hit
    if (hit == skyHit) return addSky(dx, dy, dz, weightR, weightG, weightB)
    const px = ox + dx * hitDistance
    const py = oy + dy * hitDistance
    const pz = oz + dz * hitDistance
    let nx: f64 = 0
    let ny: f64 = 1
    let nz: f64 = 0
    let baseR: f64 = 0.7
    let baseG: f64 = 0.67
    let baseB: f64 = 0.62
    let reflectance: f64 = 0.07
    if (hit == floorHit) {
      const fog = 1 - 1 / (1 + hitDistance * hitDistance * 0.0011)
      addSky(dx, 0, dz, weightR * fog, weightG * fog, weightB * fog)
      weightR *= 1 - fog
      weightG *= 1 - fog
      weightB *= 1 - fog
      if (((<i32>Math.floor(px) + <i32>Math.floor(pz)) & 1) != 0) {
        baseR = 0.035
        baseG = 0.045
        baseB = 0.07
      }
    } else {
      const at = spheres + <usize>hit * sphereBytes
      const scale = 1 / load<f64>(at, 24)
      nx = (px - load<f64>(at)) * scale
      ny = (py - load<f64>(at, 8)) * scale
      nz = (pz - load<f64>(at, 16)) * scale
      baseR = load<f64>(at, 32)
      baseG = load<f64>(at, 40)
      baseB = load<f64>(at, 48)
      reflectance = load<f64>(at, 56)
    }
    const facing = -(dx * nx + dy * ny + dz * nz)
    const grazing = 1 - clamp(facing)
    const fresnel = grazing * grazing * grazing * grazing * grazing
    const mirror = reflectance + (1 - reflectance) * fresnel * (hit == floorHit ? 0.5 : 0.9)
    const lambert = nx * sunX + ny * sunY + nz * sunZ
    const sun = lambert > 0 ? lambert * sunlight(px + nx * 1e-3, py + ny * 1e-3, pz + nz * 1e-3) : 0
    const sky = skylight(px, py, pz, nx, ny, nz, hit) * (0.55 + 0.45 * ny)
    const bounceLight = hit == floorHit ? 0.0 : 0.12 * (1 - ny)
    const matte = 1 - mirror
    red += weightR * matte * baseR * (sun * 1.95 + sky * 0.3 + bounceLight)
    green += weightG * matte * baseG * (sun * 1.62 + sky * 0.37 + bounceLight)
    blue += weightB * matte * baseB * (sun * 1.2 + sky * 0.55 + bounceLight)
    const isMetal = reflectance > 0.3
    weightR *= mirror * (isMetal ? baseR : 1)
    weightG *= mirror * (isMetal ? baseG : 1)
    weightB *= mirror * (isMetal ? baseB : 1)
    if (weightR + weightG + weightB < 0.03) return
    const twice = 2 * facing
    dx += nx * twice
    dy += ny * twice
    dz += nz * twice
    ox = px + nx * 1e-3
    oy = py + ny * 1e-3
    oz = pz + nz * 1e-3
  }
}
