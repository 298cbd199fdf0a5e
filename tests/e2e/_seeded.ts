/** The seed of this run: SSMD_SEED, else a new one; it is printed, so that a failure can be repeated. */
export function seedOf(what: string): number {
  const seed = Number(Deno.env.get("SSMD_SEED") ?? Math.floor(Math.random() * 1e9));
  console.log(`${what}: SSMD_SEED=${seed}`);
  return seed;
}
