import { subscribeFrame } from "./subscribe.ts";

/** A subscription that was asked for and is not acknowledged yet. */
export interface Request {
  channel: string;
  /** Markets; empty = the channel takes none. */
  tickers: string[];
}

/** Subscriptions that were asked for, by the id of the command. */
export class Requests {
  #open = new Map<number, Request>();

  /** The frame that asks. */
  ask(id: number, request: Request): string {
    this.#open.set(id, request);
    return subscribeFrame(id, request.channel, request.tickers);
  }

  /** Takes out what was asked with this id; undefined when it is not known. */
  take(id: unknown): Request | undefined {
    if (typeof id !== "number") return undefined;
    const request = this.#open.get(id);
    this.#open.delete(id);
    return request;
  }

  /** The connection broke: no answer will come. */
  clear(): void {
    this.#open.clear();
  }

  /** Plain JSON. */
  state(): [number, Request][] {
    return [...this.#open];
  }

  /** Takes over requests. */
  restore(state: readonly [number, Request][]): void {
    this.#open = new Map(state);
  }
}

/** The two halves of a request that has too many markets for one; empty when it cannot be halved. */
export function halvesOf({ channel, tickers }: Request): Request[] {
  if (tickers.length < 2) return [];
  const middle = Math.ceil(tickers.length / 2);
  return [tickers.slice(0, middle), tickers.slice(middle)]
    .map((half) => ({ channel, tickers: half }));
}
