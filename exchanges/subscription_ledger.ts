import {
  type Gap,
  isMarketData,
  isOpenGap,
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

/** Plain JSON of what differs from a fresh order, in the order of the orders. */
export type LedgerState = Omit<Subscription, keyof SubscriptionOrder>[];

/** Gaps that the first record of their order ends. */
const OWN_REASONS: ReadonlySet<string> = new Set(["subscription", "planned", "disconnect"]);

/** What is said of markets that others had before. */
type TakeOverNews = Pick<Gap, "reason" | "fromUs" | "detail"> & { atUs: number };

/** A request is answered with data within this, or its gap opens. */
const ANSWER_US = 10_000_000;
const PAUSE_US_FIRST = 5_000_000;
const PAUSE_US_MAX = 300_000_000;
/** What was live for so long was healed: its next loss is a new one. */
const STABLE_US = 60_000_000;

/**
 * Ordered against confirmed against arriving, of one connection. Pure: its times are those of the
 * connection's lines. Whatever the reason for which an order brings nothing, it is asked for again
 * after 5 s, 10 s, 20 s up to 5 min, and a gap of exactly its symbol and channel is open until it
 * brings something.
 */
export class SubscriptionLedger {
  #feed: string;
  #all: Subscription[];
  #byChannel = new Map<OrderedChannel, Map<string, Subscription>>();
  #dueUs = NEVER;

  /** A ledger of `feed` before its first connection. */
  constructor(feed: string, orders: readonly SubscriptionOrder[]) {
    this.#feed = feed;
    this.#all = orders.map((order) => this.#index(newSubscription(order)));
  }

  /** When `tick` has something to do at the earliest, µs. */
  get dueUs(): number {
    return this.#dueUs;
  }

  /** The order of a channel of a market of ours; undefined = it was not ordered. */
  find(channel: OrderedChannel, symbol: string): Subscription | undefined {
    return this.#byChannel.get(channel)?.get(symbol);
  }

  /**
   * The orders that an answer is about: those of a request, of one symbol where it names one. An
   * answer without a known request is about what its symbol still waits for.
   */
  answered(request: unknown, symbol: string | undefined): Subscription[] {
    const requested = this.#all.filter((each) =>
      each.state !== "ended" && (symbol === undefined || each.symbol === symbol)
    );
    const own = requested.filter((each) => each.request > 0 && each.request === request);
    if (own.length > 0 || symbol === undefined) return own;
    // A recording may begin behind its requests.
    return requested.filter(({ state, confirmed }) =>
      (state === "asked" || state === "idle") && !confirmed
    );
  }

  /** All orders, in their order. */
  get all(): readonly Subscription[] {
    return this.#all;
  }

  /** The connection is open, and everything was asked for. */
  connected(atUs: number): void {
    for (const each of this.#all) {
      if (each.state === "ended") continue;
      this.#reset(each);
      // What the recorder asked for after a break may be less than before it.
      if (each.isUnknown === true) continue;
      if (each.sinceUs === 0) each.sinceUs = atUs;
      if (each.gap === null && !each.covered) each.waitUs = 0;
      each.state = "asked";
      this.#schedule(each, atUs + ANSWER_US);
    }
  }

  /** The connection broke. */
  disconnected(lastGoodUs: number): void {
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

  /** The venue confirmed an order; recoveries go to `events`. */
  confirm(each: Subscription, atUs: number, events: MarketEvent[]): void {
    each.confirmed = true;
    each.refusal = "";
    if (each.sinceUs === 0) each.sinceUs = atUs;
    if (each.proof === "confirmation") this.#live(each, atUs, events);
  }

  /** A live subscription was begun once more by the venue: its data comes from the start. */
  restart(each: Subscription, atUs: number): void {
    if (each.state !== "live" || each.proof !== "data" || each.isUnknown) return;
    each.sinceUs = atUs;
    each.state = "asked";
    this.#schedule(each, atUs + ANSWER_US);
  }

  /** Data of an order came; a recovery goes to `events`. */
  arrive(channel: OrderedChannel, symbol: string, atUs: number, events: MarketEvent[]): void {
    const each = this.#byChannel.get(channel)?.get(symbol);
    if (each !== undefined && each.state !== "live") this.#live(each, atUs, events);
  }

  /** Takes in the market data among records; recoveries come before them. */
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
    each.gap = null;
    each.covered = each.doubted = false;
    each.confirmed = true;
    each.state = "live";
    each.refusal = "";
    each.liveUs = atUs;
    each.dueUs = NEVER;
  }

  /** The venue refused orders. What is live already is left alone: it was asked for twice. */
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

  /** The subscription was ended on purpose: nothing is expected until it is begun once more. */
  release(each: Subscription): void {
    if (each.state === "ended") return;
    this.#reset(each);
    each.state = "idle";
    each.sinceUs = 0;
    each.dueUs = NEVER;
  }

  /** A request was wrong in its form: its orders are asked for at once. */
  askAgain(orders: Iterable<Subscription>, atUs: number): void {
    for (const each of orders) {
      if (each.state === "ended" || each.state === "live") continue;
      each.state = "waiting";
      this.#schedule(each, atUs);
    }
  }

  /** What came of an order is not to be trusted; a gap of another reason says so. */
  invalidate(channel: OrderedChannel, symbol: string, fromUs: number, atUs: number): void {
    const each = this.find(channel, symbol);
    if (each === undefined || each.state === "ended") return;
    each.covered = true;
    // It was wrong, but it came: the venue has the subscription.
    each.confirmed = true;
    // An answer that is wrong again is left to the pause that runs.
    if (each.state !== "live" && each.waitUs > 0) return;
    if (each.state === "live" && atUs - each.liveUs >= STABLE_US) each.waitUs = 0;
    if (each.state === "live" || each.sinceUs === 0) each.sinceUs = fromUs;
    each.state = "waiting";
    this.#schedule(each, atUs + each.waitUs);
  }

  /** An order is silent since `fromUs`: it is asked for, and its gap opens if that is not answered. */
  doubt(each: Subscription, fromUs: number, atUs: number): void {
    if (each.state !== "live") return;
    each.sinceUs = fromUs;
    each.state = "waiting";
    each.doubted = true;
    each.waitUs = 0;
    this.#schedule(each, atUs);
  }

  /** The venue has forgotten everything since `fromUs`: it is asked for again on this connection. */
  renew(fromUs: number, atUs: number): void {
    for (const each of this.#all) {
      if (each.state === "ended") continue;
      if (each.state === "live") each.sinceUs = fromUs;
      each.state = "waiting";
      each.refusal = "";
      each.waitUs = 0;
      this.#schedule(each, atUs);
    }
  }

  /** A market is over: nothing more is expected of it. */
  end(symbol: string, atUs: number, events: MarketEvent[]): void {
    for (const orders of this.#byChannel.values()) {
      const each = orders.get(symbol);
      if (each === undefined || each.state === "ended") continue;
      this.#live(each, atUs, events);
      each.state = "ended";
    }
  }

  /** A market is ordered no more; recoveries of its gaps go to `events`. */
  takeOff(symbol: string, atUs: number, events: MarketEvent[]): void {
    for (const orders of this.#byChannel.values()) {
      const each = orders.get(symbol);
      if (each === undefined) continue;
      if (each.gap !== null) events.push(recoveredGap(each.gap, atUs));
      orders.delete(symbol);
    }
    this.#all = this.#all.filter((each) => each.symbol !== symbol);
  }

  /** What is ordered from now on: orders that are new are due at once, where there is a connection. */
  takeOn(orders: readonly SubscriptionOrder[], atUs: number): void {
    // That of the whole feed never ends.
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

  /** Others had markets until `fromUs`: gaps of all their channels are open until their first records. */
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

  /** Opens the gaps of what is overdue, and gives what is to be asked for now. */
  tick(atUs: number, events: MarketEvent[]): Subscription[] {
    if (atUs < this.#dueUs) return [];
    const due: Subscription[] = [];
    let nextUs = NEVER;
    for (const each of this.#all) {
      if (each.state !== "asked" && each.state !== "waiting") continue;
      if (each.dueUs <= atUs) {
        // What was lost or doubted is asked for first: only what stays away is a gap.
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

  /** All orders that bring nothing now. */
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

  /** Open gaps of its orders, by the venue's name of the market; "" = of the whole feed. */
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

  /** Gaps of an earlier run go on until the first records; what is none, or of no order, is left out. */
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

  /** Plain JSON. */
  state(): LedgerState {
    return this.#all.map(
      ({ channel: _, external: _e, symbol: _s, proof: _p, isUnknown: _u, ...rest }) => rest,
    );
  }

  /** Takes over a state of the same orders; one of others is of no use. */
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
