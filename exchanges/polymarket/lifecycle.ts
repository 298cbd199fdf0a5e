import type { Status } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import type { Symbols } from "../symbols.ts";
import { markUnreadable } from "../unreadable.ts";
import { LifecycleMemory, type UnseenSpan } from "../unseen_lives.ts";
import { timestampOf } from "./format.ts";
import { listOf, type PolymarketEvent } from "./messages.ts";

type Step = "new_market" | "market_resolved";
/** State of the lifecycle, as plain JSON. */
export interface LifecycleState {
  /** Last step by token; that of a decided market has its winner: `market_resolved 33`. */
  steps: [string, string][];
  unseen: UnseenSpan | null;
}

/**
 * Market lifecycle. The venue broadcasts the steps of all markets repeatedly; each is reported once,
 * and a resolution once more if its winner is another one.
 */
export class Lifecycle extends LifecycleMemory {
  #feed: string;
  #symbols: Symbols;

  constructor(feed: string, symbols: Symbols) {
    super(feed, "step");
    this.#feed = feed;
    this.#symbols = symbols;
  }

  /** Reports a step for each ordered token of a market; returns the tokens that are over. */
  step(step: Step, event: PolymarketEvent, atUs: number, out: Normalized): string[] {
    const tokens = listOf(event.assets_ids);
    const { winning_asset_id: winner } = event;
    const timestampUs = timestampOf(event.timestamp);
    const isResolved = step === "market_resolved";
    const hasWinner = winner !== undefined && winner !== null && winner !== "";
    const isWhole = tokens !== undefined && !Number.isNaN(timestampUs) &&
      tokens.every((token): token is string => typeof token === "string") &&
      (!isResolved || !hasWinner || tokens.some((token) => token === winner));
    if (!isWhole) {
      markUnreadable(out, { reason: `A ${step} lacks its tokens or time.`, channel: "status" });
      return [];
    }
    // A market that is split between its outcomes has no winner, and its shares are not told.
    const isDecided = isResolved && hasWinner;
    const now = isDecided ? `${step} ${winner}` : step;
    const own = tokens.filter((token) => this.#symbols.spec(token) !== undefined)
      .filter((token) => isNews(this.values.get(token), now));
    for (const token of own) {
      this.values.set(token, now);
      const status: Status = {
        ...{ type: "status", timestampUs, receivedAtUs: atUs, feed: this.#feed, sequence: 0 },
        symbol: this.#symbols.ours(token),
        state: isResolved ? "settled" : "listed",
        result: isDecided ? token === winner ? "yes" : "no" : "",
        detail: step,
      };
      if (isDecided) status.settlementValue = token === winner ? 1 : 0;
      out.events.push(status);
    }
    if (own.length === 0) out.notice ??= { type: "ignored", what: `${step} of another market` };
    return isResolved ? own : [];
  }

  state(): LifecycleState {
    return { steps: [...this.values], unseen: this.unseen.since };
  }

  /** Restores a state. */
  restore({ steps, unseen }: LifecycleState): void {
    this.values = new Map(steps);
    this.unseen.restore(unseen);
  }
}

/** Whether a step is not known: a resolved market is not listed again, nor is its winner taken back. */
function isNews(known: string | undefined, now: string): boolean {
  const isOver = known?.startsWith("market_resolved") === true;
  return known !== now && !(isOver && !now.startsWith("market_resolved "));
}
