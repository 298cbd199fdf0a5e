/** Holes in the sequence numbers of sessions with parts missing, as the captures' README names them. */
export const SESSION_HOLES: Readonly<Record<string, number>> = {
  "btc15m-fixed-terminal-oos-gauss45lock002.jsonl.zst": 6,
  "btc15m-20260514t045722z.jsonl.zst": 1,
  "btc15m-side-consensus-oos-consensuslock001.jsonl.zst": 5,
};

/** The folder of recorded market data; undefined where there is none on this machine. */
export function capturesDir(): string | undefined {
  const beside = new URL("../../../shared/captures", import.meta.url).pathname;
  for (const dir of [Deno.env.get("SSMD_CAPTURES"), beside]) {
    try {
      if (dir !== undefined && Deno.statSync(dir).isDirectory) return dir;
    } catch {
      // Not there.
    }
  }
  return undefined;
}
