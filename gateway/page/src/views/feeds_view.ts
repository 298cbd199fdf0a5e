import { gatewayNowMs } from "../clock.ts";
import { drawLine } from "../canvas.ts";
import { add, byId, setClass, setText } from "../dom.ts";
import { count, dayTime, durationText, spansText } from "../format.ts";
import { readGaps } from "../net/gaps.ts";
import type { Rest } from "../net/rest.ts";
import {
  awayText,
  type FeedHealth,
  type GapEntry,
  type GapSum,
  nextTryText,
  quantileOf,
  Rates,
  shardsText,
  sumGaps,
} from "../state/feed_health.ts";
import { MetricsText } from "../state/metrics_text.ts";
import type { Store } from "../state/store.ts";
import { cssColor } from "../theme.ts";

const GAPS_EVERY_S = 5;
const GAPS_SHOWN = 100;
/** Lag above which the figure is amber, as in the alert SsmdVenueLag, ms. */
const LAG_MS_MAX = 5_000;
/** Maximum number of subscriptions named on a card. */
const AWAY_SHOWN = 8;
const BADGES = { connecting: "stale", live: "live", silent: "stale" } as const;

interface TradingDay {
  feed: string;
  day: string;
  state: string;
  why: string | null;
}

interface Card {
  root: HTMLElement;
  state: HTMLElement;
  line: HTMLCanvasElement;
  facts: Map<string, HTMLElement>;
  /** Subscriptions without data. */
  away: HTMLElement;
}

/** Feeds with rates, lag, gaps and reconnects, and the gateway's own figures. */
export class FeedsView {
  feeds: FeedHealth[] = [];
  #store: Store;
  #rest: Rest;
  #rates = new Rates();
  #gaps: GapEntry[] = [];
  #isCut = false;
  #sums = new Map<string, GapSum>();
  #days = new Map<string, TradingDay>();
  #metrics: MetricsText | undefined;
  #cards = new Map<string, Card>();
  #service = new Map<string, HTMLElement>();
  #seconds = 0;

  constructor(store: Store, rest: Rest) {
    this.#store = store;
    this.#rest = rest;
  }

  /** Loads the feeds; called once a second in every view, because the header shows the rate. */
  async tick(isSeen: boolean): Promise<void> {
    const answer = await this.#rest.get("/v1/feeds", { keep: true });
    if (answer.ok) {
      this.feeds = answer.body["feeds"] as FeedHealth[];
      if (answer.asOfMs === null) this.#rates.take(this.feeds);
    }
    if (!isSeen) return;
    if (this.#seconds++ % GAPS_EVERY_S === 0) await this.#readGaps();
    this.#render();
  }

  /** Called when the view is shown. */
  open(): void {
    this.#seconds = 0;
    void this.tick(true);
  }

  /** Applies the theme's colours. */
  applyTheme(): void {
    for (const [feed, { line }] of this.#cards) this.#drawRate(feed, line);
  }

  async #readGaps(): Promise<void> {
    const read = await readGaps(this.#rest);
    if (read !== undefined) [this.#gaps, this.#isCut] = [read.gaps, read.isCut];
    await this.#readDays();
    const byFeed = Map.groupBy(this.#gaps, ({ feed }) => feed);
    this.#sums = new Map(
      this.feeds.map(({ feed }) => [feed, sumGaps(byFeed.get(feed) ?? [], gatewayNowMs())]),
    );
    this.#renderGaps();
    const text = await this.#rest.text("/metrics");
    this.#metrics = text === undefined ? undefined : new MetricsText(text);
    this.#renderService();
  }

  /** Loads the newest day of each feed; the list is sorted newest first. */
  async #readDays(): Promise<void> {
    const answer = await this.#rest.get("/v1/days", { keep: true });
    if (!answer.ok) return;
    const days = answer.body["days"] as TradingDay[];
    this.#days = new Map(days.toReversed().map((day) => [day.feed, day]));
  }

  #render(): void {
    for (const [feed, { root }] of this.#cards) {
      root.hidden = !this.feeds.some((each) => each.feed === feed);
    }
    for (const feed of this.feeds) {
      const card = this.#cards.get(feed.feed) ?? this.#make(feed.feed);
      this.#renderCard(feed, card);
    }
  }

  #renderCard(feed: FeedHealth, { state, line, facts, away }: Card): void {
    const silentMs = feed.updated === null ? null : gatewayNowMs() - feed.updated;
    const { state: name, why } = feed.connection;
    const isGap = name === "live" && feed.gap !== null;
    setText(state, isGap ? `gap: ${feed.gap?.reason}` : name);
    state.title = why ?? "";
    setClass(state, `badge ${isGap || name === "disconnected" ? "suspect" : BADGES[name]}`);
    const sum = this.#sums.get(feed.feed);
    const lags = this.#store.lags.get(feed.feed) ?? [];
    const rate = feed.records_per_second;
    const labels = { feed: feed.feed };
    const day = this.#days.get(feed.feed);
    const toBus = [0.5, 0.99].map((share) =>
      this.#metrics?.quantile("ssmd_connector_receive_to_publish_seconds", share, labels)
    ).filter((seconds) => seconds !== undefined);
    const shown: Record<string, string> = {
      "Records a second": rate === null ? "–" : count(rate),
      "Lag p50 · p95 · p99": lags.length === 0
        ? "–"
        : spansText([0.5, 0.95, 0.99].map((share) => quantileOf(lags, share) ?? 0)),
      "To bus p50 · p99": toBus.length < 2
        ? "–"
        : `≤ ${spansText(toBus.map((seconds) => seconds * 1000))}`,
      "Last record": silentMs === null ? "–" : `${durationText(Math.max(0, silentMs))} ago`,
      "Gaps, 24 h": sum === undefined ? "–" : count(sum.gaps),
      "Reconnects, 24 h": sum === undefined ? "–" : count(sum.reconnects),
      "Time in gaps": sum === undefined
        ? "–"
        : sum.lostMs === 0
        ? "none"
        : durationText(sum.lostMs),
      "Next try": nextTryText(feed.connection.next_try, gatewayNowMs()) ?? "–",
      "Subscriptions away": feed.subscriptions?.away == null ? "–" : count(feed.subscriptions.away),
      "Shards": shardsText(feed.shards),
      "Markets": count(feed.markets),
      "Trading day": day === undefined ? "–" : `${day.day}, ${day.why ?? day.state}`,
      "Books waiting": count(feed.books_pending),
      "Records in all": feed.records === null ? "–" : count(feed.records),
    };
    const isAmber = new Map([
      ["Lag p50 · p95 · p99", (quantileOf(lags, 0.99) ?? 0) > LAG_MS_MAX],
      ["Gaps, 24 h", (sum?.gaps ?? 0) > 0],
      ["Subscriptions away", (feed.subscriptions?.away ?? 0) > 0],
      ["Books waiting", feed.books_pending > 0],
    ]);
    for (const [key, value] of Object.entries(shown)) {
      const fact = facts.get(key) as HTMLElement;
      setText(fact, value);
      setClass(fact, isAmber.get(key) === true ? "warn" : "");
      const box = fact.parentElement as HTMLElement;
      box.hidden = RARE.has(key) && ["–", "0", "none"].includes(value);
    }
    this.#renderAway(feed, away);
    this.#drawRate(feed.feed, line);
  }

  #renderAway({ subscriptions }: FeedHealth, list: HTMLElement): void {
    const shown = (subscriptions?.list ?? []).slice(0, AWAY_SHOWN);
    while (list.children.length > shown.length) list.lastElementChild?.remove();
    for (const [i, each] of shown.entries()) {
      setText(list.children[i] ?? add(list, "li"), awayText(each, gatewayNowMs()));
    }
    list.hidden = shown.length === 0;
  }

  #drawRate(feed: string, line: HTMLCanvasElement): void {
    const rates = this.#rates.byFeed.get(feed) ?? [];
    const high = `${count(Math.max(0, ...rates))}/s`;
    const axes = { low: "0", high, from: `${rates.length} s ago`, to: "now" };
    drawLine(line, rates, { color: cssColor("--accent"), fromZero: true, axes });
  }

  #make(feed: string): Card {
    const root = add(byId("feed-cards"), "section", { className: "card" });
    root.setAttribute("aria-label", feed);
    const head = add(root, "div", { className: "head" });
    const title = add(head, "h2");
    const link = add(title, "a", { text: feed });
    link.href = "#/markets";
    const state = add(head, "span", { className: "badge" });
    const line = add(root, "canvas", { className: "rate-line" });
    line.setAttribute("aria-hidden", "true");
    line.title = "Records a second, the last two minutes";
    const facts = new Map<string, HTMLElement>();
    const list = add(root, "dl", { className: "facts" });
    for (const [name, title] of FACTS) {
      const box = add(list, "div");
      box.title = title;
      add(box, "dt", { text: name });
      facts.set(name, add(box, "dd"));
    }
    const away = add(root, "ul", { className: "away" });
    const card = { root, state, line, facts, away };
    this.#cards.set(feed, card);
    return card;
  }

  #renderGaps(): void {
    const rows = this.#gaps.slice(-GAPS_SHOWN).reverse().map((gap) => {
      const row = document.createElement("tr");
      const until = gap.to ?? gatewayNowMs();
      const values = [
        dayTime(gap.from),
        gap.feed,
        gap.symbol === "_all" ? "all markets" : gap.symbol,
        gap.detail === "" ? gap.reason : `${gap.reason}: ${gap.detail}`,
        durationText(Math.max(0, until - gap.from)),
        gap.missed === null ? "–" : count(gap.missed),
        gap.to === null ? "open" : gap.recovered ? "recovered" : "over",
      ];
      for (const value of values) add(row, "td", { text: value });
      if (gap.to === null) row.className = "open";
      return row;
    });
    byId("gap-rows").replaceChildren(...rows);
    byId("gap-table").hidden = rows.length === 0;
    byId("gaps-empty").hidden = rows.length > 0;
    const most = this.#isCut ? "more than " : "";
    setText(byId("gap-count"), `${most}${count(this.#gaps.length)} in 24 h`);
  }

  #renderService(): void {
    const metrics = this.#metrics;
    byId("service").hidden = metrics === undefined;
    if (metrics === undefined) return;
    const number = (name: string) => count(metrics.sum(`ssmd_gateway_${name}`) ?? 0);
    const quantile = (share: number) => {
      const seconds = metrics.quantile("ssmd_gateway_latency_seconds", share);
      return seconds === undefined ? "–" : `≤ ${durationText(seconds * 1000)}`;
    };
    this.#serviceFact("Clients", number("clients_connected"));
    this.#serviceFact("Losing messages now", number("slow_consumers"));
    this.#serviceFact("Subscriptions", number("subscriptions_active"));
    this.#serviceFact("Messages sent", number("messages_sent_total"));
    this.#serviceFact("Messages dropped", number("messages_dropped_total"));
    this.#serviceFact("Receipt to client, p50", quantile(0.5));
    this.#serviceFact("Receipt to client, p99", quantile(0.99));
  }

  #serviceFact(name: string, value: string): void {
    let element = this.#service.get(name);
    if (element === undefined) {
      const box = add(byId("service-facts"), "div");
      add(box, "dt", { text: name });
      element = add(box, "dd");
      this.#service.set(name, element);
    }
    setText(element, value);
  }
}

/** Facts that are hidden while empty. */
const RARE: ReadonlySet<string> = new Set([
  ...["Next try", "Subscriptions away", "Shards", "Trading day", "Books waiting"],
]);

const FACTS: readonly (readonly [string, string])[] = [
  ["Records a second", "In the last whole second"],
  [
    "Lag p50 · p95 · p99",
    "From the venue's time to our receipt, of the newest records that this page saw; amber from 5 s",
  ],
  ["To bus p50 · p99", "From receipt to the bus, of the connector, since it started"],
  ["Last record", "When the last record came"],
  ["Gaps, 24 h", "Of the feed and its markets"],
  ["Reconnects, 24 h", "Times the exchange connection broke and was made anew"],
  ["Time in gaps", "Of the last 24 hours, in which at least one gap was open"],
  ["Next try", "When a connection that is not open is tried next"],
  ["Subscriptions away", "Ordered channels of markets that bring nothing now"],
  [
    "Shards",
    "Parts of the feed that processes of their own capture, and which of them do not answer",
  ],
  ["Markets", "Markets of this feed"],
  ["Trading day", "The newest one by the feed's calendar, and how far it is"],
  ["Books waiting", "Books that wait for a snapshot"],
  ["Records in all", "Since the gateway started"],
];
