import { ALL_SYMBOLS, type Gap, lostGap, type MarketEvent } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import { countOf, figureOf, wordOf } from "../json_fields.ts";
import type { Subscription as Order } from "../subscription.ts";
import type { SubscriptionLedger } from "../subscription_ledger.ts";
import { markUnreadable } from "../unreadable.ts";
import type { Books } from "./books.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { bodyOf, type KalshiBody, type KalshiFrame } from "./messages.ts";
import {
  channelOf,
  COMBO_LIFECYCLE_CHANNEL,
  type Commands,
  LIFECYCLE_CHANNEL,
} from "./subscribe.ts";
import { BOOK_CHANNEL, type Subscriptions } from "./subscriptions.ts";

/** Error code: unknown channel name. */
const CODE_UNKNOWN_CHANNEL = 8;
/** Error code: unknown subscription number. */
const CODE_UNKNOWN_SUBSCRIPTION = 7;
/** Error code: the channel needs credentials, and those of the connection are not sufficient. */
const CODE_AUTHENTICATION_REQUIRED = 9;
/** Error code: the channel failed; subscribe again on a new connection. */
const CODE_CHANNEL_ERROR = 10;
/** Error code: we read too slowly; the venue dropped messages and ended the subscription. */
const CODE_BUFFER_OVERFLOW = 25;
/** Error code: too many markets in one subscription. */
const CODE_TOO_MANY_MARKETS = 26;

/** Error codes that concern no request for records, or one that worked before. */
const OTHER_REFUSALS: readonly number[] = [
  ...[1, 4, 5, CODE_UNKNOWN_SUBSCRIPTION, 12, 13, 15],
  // We subscribe to known channels only.
  CODE_UNKNOWN_CHANNEL,
  ...[CODE_CHANNEL_ERROR, CODE_BUFFER_OVERFLOW],
];

/** Message types of subscribed channels that give no records. */
const IGNORED_TYPES: readonly string[] = ["event_lifecycle", "event_fee_update"];

/** Parts of the connection that answers update. */
interface AnswersOptions {
  feed: string;
  ledger: SubscriptionLedger;
  commands: Commands;
  subscriptions: Subscriptions;
  books: Books;
  lifecycle: Lifecycle;
  /** Handles subscriptions that the venue lost: gap records from the last data on. */
  forget: (atUs: number, why: string) => MarketEvent[];
}

/** Handles the venue's answers to commands: acknowledgements, refusals, ends. */
export class Answers {
  #of: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#of = options;
  }

  /** Handles a frame without market data. */
  frame(frame: KalshiFrame, type: string, { atUs, out }: { atUs: number; out: Normalized }): void {
    const body = bodyOf(frame.msg);
    const sid = countOf(frame.sid);
    if (type === "subscribed") this.#subscribed(frame, body, { atUs, out });
    else if (type === "error") this.#error(frame, body, { atUs, out });
    else if (type === "unsubscribed" && sid !== undefined) {
      const channel = this.#of.subscriptions.channelOf(sid);
      out.notice = { type: "unsubscribed", channel };
      this.#of.subscriptions.end(sid);
      this.#of.books.end(sid, atUs);
      // We never unsubscribe a channel: this is a recording of another client.
      for (const each of this.#ordersOf(channel)) this.#of.ledger.release(each);
    } else if (type === "ok") this.#changed(frame, sid, { atUs, out });
    else if (IGNORED_TYPES.includes(type)) {
      out.notice = { type: "ignored", what: type };
    } else out.notice = { type: "unknown", what: `type ${type}` };
  }

  /** Handles markets added to a subscription, or a confirmed command without orders. */
  #changed(
    { id }: KalshiFrame,
    sid: number | undefined,
    { atUs, out }: { atUs: number; out: Normalized },
  ): void {
    out.notice = { type: "ignored", what: "ok" };
    for (const each of this.#of.ledger.answered(id, undefined)) {
      if (each.state === "live") continue;
      if (each.channel === "orderbook" && sid !== undefined) {
        this.#of.books.cover(each.external, sid, atUs);
      }
      this.#of.ledger.confirm(each, atUs, out.events);
    }
  }

  #ordersOf(channel: string): Order[] {
    const ours = channelOf(channel);
    return this.#of.ledger.all.filter((each) => each.channel === ours);
  }

  #subscribed(
    frame: KalshiFrame,
    body: KalshiBody | undefined,
    { atUs, out }: { atUs: number; out: Normalized },
  ): void {
    const channel = body?.channel;
    const sid = countOf(body?.sid);
    if (typeof channel !== "string" || sid === undefined) {
      return markUnreadable(out, { reason: "An acknowledgement lacks its channel or sid." });
    }
    this.#of.subscriptions.begin(sid, channel, atUs);
    const orders = this.#ordersOf(channel);
    const requested = orders.filter(({ request }) => request > 0 && request === frame.id);
    // A recording of another client answers commands that we do not know.
    const confirmed = requested.length > 0 ? requested : orders;
    if (channel === BOOK_CHANNEL) {
      this.#of.books.begin(sid, confirmed.map(({ external }) => external), atUs);
    }
    for (const each of confirmed) {
      this.#of.ledger.restart(each, atUs);
      this.#of.ledger.confirm(each, atUs, out.events);
    }
    if (channel === LIFECYCLE_CHANNEL) {
      out.events.push(...this.#of.lifecycle.unseen.confirmed(atUs));
    }
    const symbols = channel === LIFECYCLE_CHANNEL || channel === COMBO_LIFECYCLE_CHANNEL
      ? []
      : confirmed.map(({ symbol }) => symbol);
    out.notice = { type: "subscribed", channel, symbols };
  }

  /** Whether a refusal is of a recorder's unknown request for records. */
  #isForeign(code: number | undefined): boolean {
    return !(code === undefined || OTHER_REFUSALS.includes(code)) &&
      this.#of.ledger.all.some(({ isUnknown }) => isUnknown === true);
  }

  #foreignRefusal(message: string, atUs: number): Gap {
    return lostGap({
      ...{ feed: this.#of.feed, symbol: ALL_SYMBOLS, channel: "all", reason: "subscription" },
      ...{ fromUs: atUs, atUs, missed: null },
      detail: `The venue refused a request of the recorder, who knows for what: ${message}.`,
    });
  }

  #error(
    frame: KalshiFrame,
    body: KalshiBody | undefined,
    { atUs, out }: { atUs: number; out: Normalized },
  ): void {
    const code = figureOf(body?.code);
    const terminal = code === CODE_CHANNEL_ERROR || code === CODE_BUFFER_OVERFLOW;
    const message = `code ${String(code)}: ${wordOf(body?.msg ?? "")}`;
    out.notice = { type: "refused", message, terminal };
    if (code === CODE_AUTHENTICATION_REQUIRED) out.notice.isDenied = true;
    const refused = this.#of.ledger.answered(frame.id, undefined);
    if (code === CODE_UNKNOWN_SUBSCRIPTION && refused.length > 0) {
      // Otherwise trades and tickers would stay silent for ever.
      out.notice.terminal = true;
      out.events.push(...this.#of.forget(atUs, "The venue has forgotten what was subscribed."));
      return;
    }
    if (code === CODE_TOO_MANY_MARKETS && this.#of.commands.tooManyMarkets(refused)) {
      this.#of.ledger.askAgain(refused, atUs);
    } else if (refused.length === 0 && this.#isForeign(code)) {
      out.notice.isForeign = true;
      out.events.push(this.#foreignRefusal(message, atUs));
    } else this.#of.ledger.refuse(refused, message, atUs, out.events);
    if (code !== CODE_BUFFER_OVERFLOW) return;
    const detail = `The venue ended the subscription as we read too slowly (${message}).`;
    const loss = { reason: "slow", missed: null, fromUs: atUs, detail } as const;
    this.#of.books.invalidateAll(countOf(frame.sid) ?? -1, loss, atUs, out);
  }
}
