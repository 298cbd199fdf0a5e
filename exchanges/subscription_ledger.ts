import {
  type Gap,
  isMarketData,
  isOpenGap,
  lostGap,
  type MarketEvent,
  openGap,
  recoveredGap,
} from "@ssmd/market";
import {
  type MissingSubscription,
  NEVER,
  newSubscription,
  type OrderedChannel,
  type Subscription,
  type SubscriptionOrder,
  whyMissing,
} from "./subscription.ts";

/** Plain JSON: how each subscription differs from a new order, in the sequence of the orders. */
export type LedgerState = Omit<Subscription, keyof SubscriptionOrder>[];

/** Reasons of gaps that end with the first record of their order. */
const OWN_REASONS: ReadonlySet<string> = new Set(["subscription", "planned", "disconnect"]);

/** Gap fields of a market handed over by another capture. */
type TakeOverNews = Pick<Gap, "reason" | "fromUs" | "detail"> & { atUs: number };

/** Time in which a request must be answered with data, before its gap opens. */
const ANSWER_US = 10_000_000;
const PAUSE_US_FIRST = 5_000_000;
const PAUSE_US_MAX = 300_000_000;
/** An order that is answered this much later than the first one after a break has a gap of its own. */
const LATE_US = 1_000_000;
/** Time live after which a subscription's backoff is reset. */
const STABLE_US = 60_000_000;

/**
 * Reconciles ordered, confirmed and arriving subscriptions of one connection. Pure: its times are
 * those of the connection's lines. An order that brings nothing is requested again after 5 s, 10 s,
 * 20 s up to 5 min, and a gap of its symbol and channel is open until data arrives.
 */
export class SubscriptionLedger {
  #feed: string;
  #all: Subscription[];
  #byChannel = new Map<OrderedChannel, Map<string, Subscription>>();
  #dueUs = NEVER;
  /** Time at which the first data after the last break ended its gap, µs; 0 = not yet, or no break. */
  resumedUs = 0;

  /** Creates the ledger of `feed` before its first connection. */
  constructor(feed: string, orders: readonly SubscriptionOrder[]) {
    this.#feed = feed;
    this.#all = orders.map((order) => this.#index(newSubscription(order)));
  }

  /** Earliest time at which `tick` has work, µs. */
  get dueUs(): number {
    return this.#dueUs;
  }

  /** Order of a channel and symbol; undefined = not ordered. */
  find(channel: OrderedChannel, symbol: string): Subscription | undefined {
    return this.#byChannel.get(channel)?.get(symbol);
  }

  /**
   * Orders that an answer concerns: those of its request, limited to its symbol if it has one. An
   * answer without a known request concerns the pending orders of its symbol.
   */
  answered(request: unknown, symbol: string | undefined): Subscription[] {
    const requested = this.#all.filter((each) =>
      each.state !== "ended" && (symbol === undefined || each.symbol === symbol)
    );
    const own = requested.filter((each) => each.request > 0 && each.request === request);
    if (own.length > 0 || symbol === undefined) return own;
    // A recording may start after its requests.
    return requested.filter(({ state, confirmed }) =>
      (state === "asked" || state === "idle") && !confirmed
    );
  }

  /** All orders, in their sequence. */
  get all(): readonly Subscription[] {
    return this.#all;
  }

  /** Handles an open connection on which everything was requested. */
  connected(atUs: number): void {
    for (const each of this.#all) {
      if (each.state === "ended") continue;
      this.#reset(each);
      // The recorder may have requested less after a break.
      if (each.isUnknown === true) continue;
      if (each.sinceUs === 0) each.sinceUs = atUs;
      if (each.gap === null && !each.covered) each.waitUs = 0;
      each.state = "asked";
      this.#schedule(each, atUs + ANSWER_US);
    }
  }

  /** Handles a disconnect. */
  disconnected(lastGoodUs: number): void {
    this.resumedUs = 0;
    for (const each of this.#all) {
      if (each.state === "ended") continue;
      if (each.state === "live") each.sinceUs = lastGoodUs;
      this.#reset(each);
      each.state = "idle";
      each.dueUs = NEVER;
    }
    this.#dueUs = NEVER;
  }

  #reset(each: Subscription): void {
    each.confirmed = false;
    each.request = 0;
    each.refusal = "";
  }

  /** Records the venue's confirmation; adds recoveries to `events`. */
  confirm(each: Subscription, atUs: number, events: MarketEvent[]): void {
    each.confirmed = true;
    each.refusal = "";
    if (each.sinceUs === 0) each.sinceUs = atUs;
    if (each.proof === "confirmation") this.#live(each, atUs, events);
  }

  /** Handles a live subscription that the venue started over: its data starts from the beginning. */
  restart(each: Subscription, atUs: number): void {
    if (each.state !== "live" || each.proof !== "data" || each.isUnknown) return;
    each.sinceUs = atUs;
    each.state = "asked";
    this.#schedule(each, atUs + ANSWER_US);
  }

  /** Records data of an order; adds a recovery to `events`. */
  arrive(channel: OrderedChannel, symbol: string, atUs: number, events: MarketEvent[]): void {
    const each = this.#byChannel.get(channel)?.get(symbol);
    if (each !== undefined && each.state !== "live") this.#live(each, atUs, events);
  }

  /** Records the market data among `events`; puts recoveries before them. */
  arriveWith(events: MarketEvent[], atUs: number): void {
    let recoveries: MarketEvent[] | undefined;
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as MarketEvent;
      if (!isMarketData(event)) continue;
      const each = this.#byChannel.get(event.type)?.get(event.symbol);
      if (each === undefined || each.state === "live") continue;
      this.#live(each, atUs, recoveries ??= []);
    }
    if (recoveries !== undefined) events.unshift(...recoveries);
  }

  #live(each: Subscription, atUs: number, events: MarketEvent[]): void {
    if (each.state === "live" || each.state === "ended") return;
    if (each.gap !== null) events.push(recoveredGap(each.gap, atUs));
    else if (this.#isLate(each, atUs)) events.push(this.#lateGap(each, atUs));
    each.gap = null;
    each.covered = each.doubted = false;
    each.confirmed = true;
    each.state = "live";
    each.refusal = "";
    each.liveUs = atUs;
    each.dueUs = NEVER;
  }

  /** Whether a break's gap ended with other data, and this order was not live since. */
  #isLate({ covered, channel, proof, sinceUs, liveUs, isUnknown }: Subscription, atUs: number) {
    const { resumedUs } = this;
    if (resumedUs === 0 || covered || isUnknown === true) return false;
    // Statuses have a snapshot or a gap of their own; trades that start with data count up.
    if (channel === "status" || (channel === "trade" && proof === "data")) return false;
    return sinceUs < resumedUs && liveUs < resumedUs && atUs - resumedUs >= LATE_US;
  }

  #lateGap({ symbol, channel, external }: Subscription, atUs: number): Gap {
    return lostGap({
      ...{ feed: this.#feed, symbol, channel, reason: "subscription", missed: null },
      ...{ fromUs: this.resumedUs, atUs },
      detail:
        `The venue sent the ${channel} of ${external} later than the first data after a break.`,
    });
  }

  /** Records refused orders. Live ones are ignored: they were requested twice. */
  refuse(
    refused: Iterable<Subscription>,
    message: string,
    atUs: number,
    events: MarketEvent[],
  ): void {
    for (const each of refused) {
      if (each.state === "live" || each.state === "ended") continue;
      each.refusal = message;
      if (each.sinceUs === 0) each.sinceUs = atUs;
      each.state = "waiting";
      this.#open(each, atUs, events);
      each.waitUs = nextPause(each.waitUs);
      this.#schedule(each, atUs + each.waitUs);
    }
  }

  /** Handles a subscription ended on purpose: no data is expected until it is subscribed again. */
  release(each: Subscription): void {
    if (each.state === "ended") return;
    this.#reset(each);
    each.state = "idle";
    each.sinceUs = 0;
    each.dueUs = NEVER;
  }

  /** Requests orders again at once after a malformed request. */
  askAgain(orders: Iterable<Subscription>, atUs: number): void {
    for (const each of orders) {
      if (each.state === "ended" || each.state === "live") continue;
      each.state = "waiting";
      this.#schedule(each, atUs);
    }
  }

  /** Invalidates the data of an order; a gap of another reason covers it. */
  invalidate(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): void {
    const each = this.find(channel, symbol);
    if (each === undefined || each.state === "ended") return;
    each.covered = true;
    // Data arrived, if invalid: the venue has the subscription.
    each.confirmed = true;
    // A second invalid answer keeps the running backoff.
    if (each.state !== "live" && each.waitUs > 0) return;
    if (each.state === "live" && atUs - each.liveUs >= STABLE_US) each.waitUs = 0;
    if (each.state === "live" || each.sinceUs === 0) each.sinceUs = fromUs;
    each.state = "waiting";
    this.#schedule(each, atUs + each.waitUs);
  }

  /** Requests an order that is silent since `fromUs`; its gap opens if there is no answer. */
  doubt(each: Subscription, fromUs: number, atUs: number): void {
    if (each.state !== "live") return;
    each.sinceUs = fromUs;
    each.state = "waiting";
    each.doubted = true;
    each.waitUs = 0;
    this.#schedule(each, atUs);
  }

  /** Requests everything again on this connection: the venue lost it all at `fromUs`. */
  renew(fromUs: number, atUs: number): void {
    this.resumedUs = 0;
    for (const each of this.#all) {
      if (each.state === "ended") continue;
      if (each.state === "live") each.sinceUs = fromUs;
      each.state = "waiting";
      each.refusal = "";
      each.waitUs = 0;
      this.#schedule(each, atUs);
    }
  }

  /** Ends the orders of a market that is over: no more data is expected. */
  end(symbol: string, atUs: number, events: MarketEvent[]): void {
    for (const orders of this.#byChannel.values()) {
      const each = orders.get(symbol);
      if (each === undefined || each.state === "ended") continue;
      this.#live(each, atUs, events);
      each.state = "ended";
    }
  }

  /** Removes the orders of a market; adds recoveries of its gaps to `events`. */
  takeOff(symbol: string, atUs: number, events: MarketEvent[]): void {
    for (const orders of this.#byChannel.values()) {
      const each = orders.get(symbol);
      if (each === undefined) continue;
      if (each.gap !== null) events.push(recoveredGap(each.gap, atUs));
      orders.delete(symbol);
    }
    this.#all = this.#all.filter((each) => each.symbol !== symbol);
  }

  /** Replaces the orders; new ones are due at once if the connection is open. */
  takeOn(orders: readonly SubscriptionOrder[], atUs: number): void {
    // The order of the whole feed never ends.
    const isOpen = this.#all.some(({ state }) => state !== "idle" && state !== "ended");
    this.#all = orders.map((order) => {
      const known = this.find(order.channel, order.symbol);
      if (known !== undefined) return known;
      const added = this.#index(newSubscription(order));
      if (!isOpen) return added;
      added.sinceUs = atUs;
      added.state = "waiting";
      this.#schedule(added, atUs);
      return added;
    });
  }

  /** Opens gaps for all channels of a market that another capture had, until their first records. */
  takeOver(symbol: string, news: TakeOverNews, events: MarketEvent[]): void {
    for (const orders of this.#byChannel.values()) {
      const each = orders.get(symbol);
      if (each === undefined || each.gap !== null || each.covered || each.state === "ended") {
        continue;
      }
      each.sinceUs = news.fromUs;
      each.gap = openGap({
        ...{ feed: this.#feed, symbol, channel: each.channel, missed: null, ...news },
      });
      events.push({ ...each.gap });
    }
  }

  #index(each: Subscription): Subscription {
    const known = this.#byChannel.get(each.channel);
    if (known !== undefined) known.set(each.symbol, each);
    else this.#byChannel.set(each.channel, new Map([[each.symbol, each]]));
    return each;
  }

  /** Opens the gaps of overdue orders, and returns the orders to request now. */
  tick(atUs: number, events: MarketEvent[]): Subscription[] {
    if (atUs < this.#dueUs) return [];
    const due: Subscription[] = [];
    let nextUs = NEVER;
    for (const each of this.#all) {
      if (each.state !== "asked" && each.state !== "waiting") continue;
      if (each.dueUs <= atUs) {
        // Lost or doubted data is requested first; a gap opens only if there is no answer.
        if (each.state === "asked") this.#open(each, atUs, events);
        each.state = "asked";
        each.waitUs = nextPause(each.waitUs);
        each.dueUs = atUs + Math.max(each.waitUs, each.gap || each.covered ? 0 : ANSWER_US);
        due.push(each);
      }
      nextUs = Math.min(nextUs, each.dueUs);
    }
    this.#dueUs = nextUs;
    return due;
  }

  #open(each: Subscription, atUs: number, events: MarketEvent[]): void {
    if (each.gap !== null || each.covered) return;
    const { symbol, channel } = each;
    each.gap = openGap({
      ...{ feed: this.#feed, symbol, channel, reason: "subscription", missed: null },
      ...{ fromUs: each.sinceUs, atUs, detail: whyMissing(each) },
    });
    events.push({ ...each.gap });
  }

  #schedule(each: Subscription, dueUs: number): void {
    each.dueUs = dueUs;
    if (dueUs < this.#dueUs) this.#dueUs = dueUs;
  }

  /** All orders that bring no data now. */
  missing(): MissingSubscription[] {
    return this.#all.flatMap((each) =>
      each.state === "live" || each.state === "ended" || each.sinceUs === 0 ? [] : [{
        ...{
          symbol: each.symbol,
          channel: each.channel,
          sinceUs: each.sinceUs,
          why: whyMissing(each),
        },
        isRefused: each.refusal !== "",
        isLate: each.gap !== null || each.covered,
        nextUs: each.dueUs === NEVER ? Infinity : each.dueUs,
      }]
    );
  }

  /** Open gaps of the orders, by the venue's symbol; "" = of the whole feed. */
  carried(): Map<string, readonly Gap[]> {
    const open = this.#all.flatMap((each) =>
      each.gap === null ? [] : [[each.external, each.gap]] as const
    );
    const byExternal = Map.groupBy(open, ([external]) => external);
    return new Map(
      [...byExternal].map(([external, gaps]) =>
        [external, gaps.map(([, gap]) => ({ ...gap }))] as const
      ),
    );
  }

  /** Adopts gaps of an earlier run until the first records; ignores invalid ones and unknown orders. */
  carry(gaps: unknown): void {
    if (!Array.isArray(gaps)) return;
    for (const gap of gaps) {
      if (!isOpenGap(gap) || gap.channel === "all") continue;
      const each = this.find(gap.channel, gap.symbol);
      if (each === undefined || each.state === "ended") continue;
      each.sinceUs = gap.fromUs;
      if (OWN_REASONS.has(gap.reason)) each.gap = { ...gap };
      else each.covered = true;
    }
  }

  state(): LedgerState {
    return this.#all.map(
      ({ channel: _, external: _e, symbol: _s, proof: _p, isUnknown: _u, ...rest }) => rest,
    );
  }

  /** Restores a state of the same orders; ignores any other. */
  restore(state: LedgerState | undefined): void {
    if (state === undefined || state.length !== this.#all.length) return;
    this.#dueUs = NEVER;
    this.#all.forEach((each, i) => {
      Object.assign(each, state[i]);
      if (each.state === "asked" || each.state === "waiting") this.#schedule(each, each.dueUs);
    });
  }
}

function nextPause(waitUs: number): number {
  return waitUs === 0 ? PAUSE_US_FIRST : Math.min(waitUs * 2, PAUSE_US_MAX);
}
