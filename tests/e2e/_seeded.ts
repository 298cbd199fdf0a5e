/** Random numbers that a seed repeats (mulberry32), 0 ≤ n < 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of this run: SSMD_SEED, else a new one; it is printed, so that a failure can be repeated. */
export function seedOf(what: string): number {
  const seed = Number(Deno.env.get("SSMD_SEED") ?? Math.floor(Math.random() * 1e9));
  console.log(`${what}: SSMD_SEED=${seed}`);
  return seed;
}
