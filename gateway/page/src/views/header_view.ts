import { gatewayNowMs } from "../clock.ts";
import { byId, setAttribute, setClass, setText } from "../dom.ts";
import { count, dayTime, durationText, time } from "../format.ts";
import type { ConnectionState } from "../net/connection.ts";
import type { FeedHealth } from "../state/feed_health.ts";

/** Top bar: environment, current view, connection, rate, clock; and the offline banner. */
export class HeaderView {
  #state: ConnectionState = { state: "connecting", brokenSinceMs: null };
  #asOfMs: number | null = null;

  /** Highlights the current view. */
  markView(view: string): void {
    for (const link of byId("views").querySelectorAll<HTMLElement>("[data-view]")) {
      const isHere = link.dataset["view"] === (view === "market" ? "markets" : view);
      setAttribute(link, "aria-current", isHere ? "page" : "false");
    }
  }

  /** Shows the state of the connection. */
  connection(state: ConnectionState): void {
    this.#state = state;
    const box = byId("connection");
    setClass(box, `chip state ${state.state}`);
    setText(box, state.state === "waiting" ? `again in ${state.seconds} s` : state.state);
    document.body.classList.toggle("offline", state.state !== "live" && this.#isAway());
    if (state.state === "live") this.#asOfMs = null;
    this.#renderAway();
  }

  /** Sets the time of cached data from an earlier visit, ms; null = the data is live. */
  keptFrom(ms: number | null): void {
    this.#asOfMs = ms;
    this.#renderAway();
  }

  /** Shows the environment, version and other facts about the gateway. */
  info(info: Record<string, unknown>): void {
    setText(byId("env"), String(info["env"] ?? ""));
    const rest = Object.entries(info)
      .filter(([key]) => !["env", "version", "feeds"].includes(key))
      .map(([key, value]) => `${key} ${value}`);
    setText(byId("info"), [...rest, `ssmd ${info["version"]}`].join("  ·  "));
  }

  /** Tells that times are the gateway's where this browser's clock is off by so much, ms. */
  clockIsAhead(ms: number): void {
    const by = durationText(Math.abs(ms));
    byId("clock").title = ms === 0
      ? "Time of this browser, UTC"
      : `UTC by the gateway's clock: this computer's is ${by} ${ms > 0 ? "ahead" : "behind"}`;
  }

  /** Shows rate and clock; called once a second. */
  tick(feeds: readonly FeedHealth[]): void {
    const isLive = this.#state.state === "live";
    // A key that sees only some of each feed knows no rate, which is not 0.
    const rates = feeds.flatMap(({ records_per_second: rate }) => rate === null ? [] : [rate]);
    const isKnown = isLive && (rates.length > 0 || feeds.length === 0);
    setText(byId("rate"), isKnown ? count(rates.reduce((sum, rate) => sum + rate, 0)) : "–");
    setText(byId("clock"), time(gatewayNowMs()));
    this.#renderFeeds(feeds);
    const wrong = feeds.filter(({ gap }) => gap !== null).map(({ feed }) => feed);
    setText(byId("feeds-badge"), wrong.length === 0 ? "" : String(wrong.length));
    byId("feeds-badge").title = wrong.length === 0 ? "" : `with a gap now: ${wrong.join(", ")}`;
    this.#renderAway();
  }

  /** The chip says live only while the venues are live too. */
  #renderFeeds(feeds: readonly FeedHealth[]): void {
    if (this.#state.state !== "live") return;
    const away = feeds.find(({ connection }) => connection.state === "disconnected") ??
      feeds.find(({ connection }) => connection.state !== "live");
    const box = byId("connection");
    setClass(box, `chip state ${away === undefined ? "live" : "waiting"}`);
    setText(box, away === undefined ? "live" : `${away.feed} ${away.connection.state}`);
    box.title = away?.connection.why ?? "";
  }

  #isAway(): boolean {
    return this.#state.brokenSinceMs !== null;
  }

  #renderAway(): void {
    const box = byId("away");
    const { state, brokenSinceMs } = this.#state;
    const isAway = state !== "live" && brokenSinceMs !== null;
    if (box.hidden !== !isAway) box.hidden = !isAway;
    if (!isAway) return;
    const since = `${dayTime(brokenSinceMs)} UTC (${durationText(Date.now() - brokenSinceMs)})`;
    const why = navigator.onLine ? "The gateway does not answer" : "This device is offline";
    const kept = this.#asOfMs === null
      ? "What you see is the last that came."
      : `What you see was kept at ${dayTime(this.#asOfMs)} UTC.`;
    setText(byId("away-text"), `${why} since ${since}. ${kept}`);
    const next = this.#state.state === "waiting" ? ` in ${this.#state.seconds} s` : "";
    setText(byId("away-next"), state === "connecting" ? "Trying now" : `Next try${next}`);
  }
}
