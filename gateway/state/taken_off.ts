import { type Gap, openGap } from "@ssmd/market";
import type { Market } from "./market.ts";

/** Returns the gap of a market that leaves the environment: nothing of it is captured from now on. */
export function takenOffGap({ symbol, feed, updatedAtUs }: Market, atUs: number): Gap {
  return openGap({
    ...{ feed: feed.id, symbol, reason: "planned", missed: null, atUs },
    fromUs: updatedAtUs || atUs,
    detail: `${symbol} is no longer a market of the environment`,
  });
}

/** Returns the end of that gap: the market is one of the environment again. */
export function takenOnGap(gap: Gap, atUs: number): Gap {
  return { ...gap, receivedAtUs: atUs, toUs: Math.max(atUs, gap.fromUs) };
}
