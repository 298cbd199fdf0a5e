import type { Status } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import type { Symbols } from "../symbols.ts";
import { markUnreadable } from "../unreadable.ts";
import { UnseenLives, type UnseenSpan } from "../unseen_lives.ts";
import { timestampOf } from "./format.ts";
import { listOf, type PolymarketEvent } from "./messages.ts";

/** A token's last step, as plain JSON. */
type Step = "new_market" | "market_resolved";
/** What of all lives is kept, as plain JSON. */
export interface LifecycleState {
  steps: [string, Step][];
  unseen: UnseenSpan | null;
}

/** The life of markets: told to all clients, of all markets, and often. A step is told once. */
export class Lifecycle {
  /** Steps that may have been missed. */
  readonly unseen: UnseenLives;
  #feed: string;
  #symbols: Symbols;
  #steps = new Map<string, Step>();

  /** The lifecycle of `feed`. */
  constructor(feed: string, symbols: Symbols) {
    this.#feed = feed;
    this.unseen = new UnseenLives(feed);
    this.#symbols = symbols;
  }

  /** A step of a market, for those of its tokens that are ordered; gives those that are over. */
  step(step: Step, event: PolymarketEvent, atUs: number, out: Normalized): string[] {
    const tokens = listOf(event.assets_ids);
    const { winning_asset_id: winner } = event;
    const timestampUs = timestampOf(event.timestamp);
    const isResolved = step === "market_resolved";
    const isWhole = tokens !== undefined && !Number.isNaN(timestampUs) &&
      tokens.every((token): token is string => typeof token === "string") &&
      (!isResolved || tokens.some((token) => token === winner));
    if (!isWhole) {
      markUnreadable(out, { reason: `A ${step} lacks its tokens or time.`, channel: "status" });
      return [];
    }
    const own = tokens.filter((token) => this.#symbols.spec(token) !== undefined)
      .filter((token) => this.#steps.get(token) !== step);
    for (const token of own) {
      this.#steps.set(token, step);
      const status: Status = {
        ...{ type: "status", timestampUs, receivedAtUs: atUs, feed: this.#feed, sequence: 0 },
        symbol: this.#symbols.ours(token),
        state: isResolved ? "settled" : "listed",
        result: isResolved ? token === winner ? "yes" : "no" : "",
        detail: step,
      };
      if (isResolved) status.settlementValue = token === winner ? 1 : 0;
      out.events.push(status);
    }
    if (own.length === 0) out.notice ??= { type: "ignored", what: `${step} of another market` };
    return isResolved ? own : [];
  }

  /** Tokens of which a step was seen. */
  tokens(): Iterable<string> {
    return this.#steps.keys();
  }

  /** A token's last step; undefined when none was seen. */
  carried(token: string): Step | undefined {
    return this.#steps.get(token);
  }

  /** A token's last step in an earlier run. */
  carry(token: string, step: unknown): void {
    if (step === "new_market" || step === "market_resolved") this.#steps.set(token, step);
  }

  /** Plain JSON. */
  state(): LifecycleState {
    return { steps: [...this.#steps], unseen: this.unseen.since };
  }

  /** Takes over a state. */
  restore({ steps, unseen }: LifecycleState): void {
    this.#steps = new Map(steps);
    this.unseen.restore(unseen);
  }
}
