import { decode } from "@ssmd/codec";
import { type Fire, subjectOf } from "@ssmd/market";
import { isoOfUs } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { AGENT_LIMITS } from "../limits.ts";
import type { ActionStore } from "./action_store.ts";
import type { FireContext } from "./decision.ts";

/** Time before a fire in which its trades are read. */
const SPAN_US = 60_000_000;

/** Reads what happened before fires: of the same signal here, and trades from the bus, where it keeps them. */
export function fireContextReader(
  { env, transport, actions }: { env: string; transport: Transport; actions: ActionStore },
): (fire: Fire) => Promise<FireContext> {
  return async (fire) => ({
    earlierFires: actions.earlier(fire).map(({ receivedAtUs, values }) => ({
      ...{ at: isoOfUs(receivedAtUs), values },
    })),
    trades: await tradesBefore(env, transport, fire),
    texts: [],
  });
}

async function tradesBefore(
  env: string,
  transport: Transport,
  { feed, symbol, receivedAtUs }: Fire,
): Promise<FireContext["trades"]> {
  const trades: { at: string; price: number; size: number }[] = [];
  const { lastSequence } = await transport.state();
  const batches = transport.read({
    filters: [subjectOf(env, feed, "trade", symbol)],
    ...{ from: { timeUs: receivedAtUs - SPAN_US }, toSequence: lastSequence },
    signal: AbortSignal.timeout(AGENT_LIMITS.webhookMs),
  });
  for await (const batch of batches) {
    for (const { payload } of batch) {
      const trade = decode("trade", payload);
      if (trade.receivedAtUs > receivedAtUs) return trades;
      trades.push({ at: isoOfUs(trade.receivedAtUs), price: trade.price, size: trade.size });
      if (trades.length > AGENT_LIMITS.contextRecordsMax) trades.shift();
    }
  }
  return trades;
}
