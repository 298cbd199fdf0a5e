import type { Message } from "../state/message.ts";
import type { Rest } from "./rest.ts";

/** Markets per page, the most that the gateway gives. */
const MARKETS_LIMIT = 5000;

/**
 * All markets, page by page; `asOfMs` = time of a cached page, null = all are live. undefined = a
 * page did not come.
 */
export async function readMarketList(
  rest: Rest,
): Promise<{ markets: Message[]; asOfMs: number | null } | undefined> {
  const markets: Message[] = [];
  let asOfMs: number | null = null;
  let cursor = "";
  for (;;) {
    const answer = await rest.get(`/v1/markets?limit=${MARKETS_LIMIT}${cursor}`, { keep: true });
    if (!answer.ok) return undefined;
    markets.push(...answer.body["markets"] as Message[] ?? []);
    asOfMs = answer.asOfMs ?? asOfMs;
    const next = answer.body["next"];
    if (next === undefined) return { markets, asOfMs };
    cursor = `&cursor=${encodeURIComponent(String(next))}`;
  }
}
