import { followClock } from "./clock.ts";
import { ChartView } from "./chart/chart_view.ts";
import { type Interval, INTERVALS } from "./chart/intervals.ts";
import { add, byId, setAttribute, setText } from "./dom.ts";
import { listenForKeys, openHelp } from "./keys.ts";
import { Actions } from "./net/actions.ts";
import { Rest } from "./net/rest.ts";
import { Signals } from "./net/signals.ts";
import { Session } from "./net/session.ts";
import { Sparklines } from "./net/sparklines.ts";
import { forget, remember, remembered } from "./remembered.ts";
import { type ChartRange, hashOf, type MarketRoute, type Route, routeOf } from "./routes.ts";
import { Store } from "./state/store.ts";
import { Theme } from "./theme.ts";
import { CaptureView } from "./views/capture_view.ts";
import { ClientsView } from "./views/clients_view.ts";
import { CompareView } from "./views/compare_view.ts";
import { DepthView } from "./views/depth_view.ts";
import { FeedsView } from "./views/feeds_view.ts";
import { HeaderView } from "./views/header_view.ts";
import { LadderView } from "./views/ladder_view.ts";
import { MarketsView } from "./views/markets_view.ts";
import { QualityView } from "./views/quality_view.ts";
import { SqlView } from "./views/sql_view.ts";
import { SignInView } from "./views/sign_in_view.ts";
import { SignalsView } from "./views/signals_view.ts";
import { TapeView } from "./views/tape_view.ts";
import { TitleView } from "./views/title_view.ts";

const MARKETS_EVERY_MS = 60_000;

const theme = new Theme();
const store = new Store();
const rest = new Rest();
const header = new HeaderView();
const title = new TitleView(store);
const ladder = new LadderView(store);
const depth = new DepthView(store);
const tape = new TapeView(store);
const signals = new Signals(rest);
const chart = new ChartView(store, rest, signals);
const compare = new CompareView(store);
const quality = new QualityView(store, rest);
const sparklines = new Sparklines(store, rest);
const markets = new MarketsView(store, sparklines);
const feeds = new FeedsView(store, rest);
const capture = new CaptureView(rest, () => feeds.feeds);
const sql = new SqlView(rest);
const clients = new ClientsView(rest, () => session.client);
const signalsView = new SignalsView(signals, new Actions(rest), () => isAdmin === true);
const session: Session = new Session(store, rest, {
  onState: (state) => {
    header.connection(state);
    if (state.state === "live") void learnSurroundings();
  },
  onNotice: (text, good) => title.notify(text, good),
  onFocusLost: () => void chart.reload(),
  onMarkets: (asOfMs) => {
    header.keptFrom(asOfMs);
    if (store.current === undefined) goTo();
  },
});
const signIn = new SignInView(rest, () => {
  rest.restart();
  isAdmin = undefined;
  session.restart();
});
rest.onSignedOut = () => signIn.open();

/** Whether this caller may see clients; undefined = unknown. */
let isAdmin: boolean | undefined;
/** Time of the last read of the market list, ms. */
let marketsAtMs = 0;
if (location.hash === "") history.replaceState(null, "", remembered("view") ?? "#/markets");
let route: Route = routeOf(location.hash);

/** Finds out what the gateway offers and what this caller may see. */
async function learnSurroundings(): Promise<void> {
  const sentMs = Date.now();
  const index = await rest.get("/v1");
  if (index.ok) {
    header.clockIsAhead(followClock(Number(index.body["now"]), { sentMs, receivedMs: Date.now() }));
    const isRequired = index.body["auth"] === "required";
    rest.keeps = !isRequired;
    rememberView();
    byId("sign-out").hidden = !isRequired;
  }
  // Only after it is known whether answers may be cached.
  await readMarkets();
  const info = await rest.get("/v1/info", { keep: true });
  if (info.ok) header.info(info.body);
  isAdmin ??= await clients.isAllowed();
  byId("clients-link").hidden = byId("sql-link").hidden = isAdmin !== true;
  await signals.read();
  byId("signals-link").hidden = signals.isThere !== true;
}

/** Reads the market list, also to refresh its cached copy. */
async function readMarkets(): Promise<void> {
  marketsAtMs = Date.now();
  await session.loadMarkets();
}

/** When authentication is required, market names must not stay in the browser. */
function rememberView(): void {
  if (!rest.keeps) forget("view");
  else if (route.view !== "signals" && route.view !== "clients") remember("view", hashOf(route));
}

/** Shows the route of the URL. */
function goTo(): void {
  const before = route;
  route = routeOf(location.hash);
  document.body.dataset["view"] = route.view;
  header.markView(route.view);
  const row = route.view === "market" ? store.find(route.symbol, route.feed) : undefined;
  const key = row?.key ?? "";
  if (key !== store.focused) {
    store.focus(key);
    title.reset();
    session.watch();
    openChart();
    if (row !== undefined) {
      quality.open();
      // The change is relative to the first price of the last hour.
      sparklines.want([row]);
    }
  } else if (route.view === "market" && location.hash !== hashOf(before)) openChart();
  rememberView();
  byId("unknown").hidden = route.view !== "market" || key !== "" || store.markets.size === 0;
  if (route.view === "market") {
    setText(byId("unknown-symbol"), route.symbol);
    if (key === "") document.title = `${route.symbol} · ssmd`;
  }
  if (route.view === "markets") store.dirty.add("list");
  if (route.view === "feeds") feeds.open();
  if (route.view === "capture") capture.open();
  if (route.view === "sql") sql.open();
  if (route.view === "signals") signalsView.open();
  if (route.view === "clients") clients.open();
  if (route.view !== "market") document.title = `${route.view} · ssmd`;
}

/** Chart range of a route. */
function rangeOf({ view: _view, symbol: _symbol, feed: _feed, ...range }: MarketRoute): ChartRange {
  return range;
}

/** Shows the chart with the range of the URL, else the range of the last market. */
function openChart(): void {
  if (route.view !== "market") return;
  const left = routeOf(remembered("chart") ?? "");
  const kept = left.view === "market" ? rangeOf(left) : {};
  if (route.interval !== undefined || route.spanMs !== undefined) {
    delete kept.interval;
    delete kept.spanMs;
  }
  route = { ...kept, ...route };
  history.replaceState(null, "", hashOf(route));
  compare.show(route.versus);
  chart.open(route);
}

/** Writes a changed chart range to the URL and remembers it. */
function setChart(change: (range: ChartRange) => void): void {
  if (route.view !== "market") return;
  const { view, symbol, feed } = route;
  const range = rangeOf(route);
  change(range);
  route = { view, symbol, ...(feed === undefined ? {} : { feed }), ...range };
  history.replaceState(null, "", hashOf(route));
  rememberView();
  const { toMs: _toMs, ...kept } = range;
  remember("chart", hashOf({ view, symbol: "any", ...kept }));
}

/** Moves to the previous or next market of the list. */
function step(by: number): void {
  if (route.view === "markets") return markets.move(by);
  if (route.view !== "market") return;
  const row = markets.neighbour(store.focused, by);
  if (row === undefined) return;
  const isOnly = store.find(row.symbol) === row;
  const feed = isOnly ? {} : { feed: row.feed };
  const range = rangeOf(route);
  history.replaceState(null, "", hashOf({ view: "market", symbol: row.symbol, ...feed, ...range }));
  goTo();
}

function frame(): void {
  requestAnimationFrame(frame);
  if (store.dirty.size === 0) return;
  if (route.view === "markets") markets.render();
  if (route.view === "market") {
    title.render();
    ladder.render();
    depth.render();
    tape.render();
    chart.render();
  }
  store.dirty.clear();
  store.dirtyRows.clear();
}

function everySecond(): void {
  if (document.hidden) return;
  store.dirty.add("second");
  header.tick(feeds.feeds);
  if (!session.open) return quality.away();
  if (Date.now() - marketsAtMs > MARKETS_EVERY_MS) void readMarkets();
  void feeds.tick(route.view === "feeds");
  if (route.view === "capture") void capture.tick();
  if (route.view === "clients" && isAdmin === true) void clients.tick();
  if (route.view === "signals") void signalsView.tick();
  if (route.view !== "market") return;
  chart.tick();
  quality.tick();
}

/** Names of candle intervals; `auto` = chosen by the available history. */
const LENGTHS = ["auto", ...Object.keys(INTERVALS) as Interval[]] as const;

/** Selects a candle interval. */
function pick(length: typeof LENGTHS[number]): void {
  setChart((range) => {
    delete range.interval;
    delete range.spanMs;
    delete range.toMs;
    if (length !== "auto") range.interval = length;
  });
  if (route.view === "market") chart.open(route);
}

function buildIntervals(): void {
  const buttons = LENGTHS.map((name) => {
    const button = add(byId("intervals"), "button", { text: name });
    button.onclick = () => pick(name);
    return button;
  });
  chart.onInterval = () => {
    const chosen = route.view === "market" ? route.interval : undefined;
    for (const [i, button] of buttons.entries()) {
      setAttribute(button, "aria-pressed", String(LENGTHS[i] === (chosen ?? "auto")));
    }
    setText(buttons[0] as Element, chosen === undefined ? `auto ${chart.interval}` : "auto");
  };
  chart.span.onMoved = (seen) =>
    setChart((range) => {
      delete range.toMs;
      Object.assign(range, seen);
    });
}

function buildOverlays(): void {
  const lay = () => route.view === "market" && chart.lay(route);
  chart.overlays.onChosen = (over) => {
    setChart((range) => {
      delete range.over;
      if (over.length > 0) range.over = over;
    });
    lay();
  };
  compare.onChosen = (symbol) => {
    setChart((range) => {
      delete range.versus;
      if (symbol !== undefined) range.versus = symbol;
    });
    lay();
  };
}

function buildKeys(): void {
  const open = (view: Exclude<Route["view"], "market">) => () => location.hash = `#/${view}`;
  listenForKeys([
    {
      keys: ["/"],
      run: () => {
        if (route.view !== "markets") {
          history.pushState(null, "", hashOf({ view: "markets" }));
          goTo();
        }
        markets.focusSearch();
      },
    },
    { keys: ["?"], run: openHelp },
    { keys: ["m", "Escape"], run: open("markets") },
    { keys: ["f"], run: open("feeds") },
    { keys: ["w"], run: open("capture") },
    { keys: ["q"], run: open("sql") },
    { keys: ["s"], run: open("signals") },
    { keys: ["c"], run: open("clients") },
    { keys: ["t"], run: () => theme.next() },
    { keys: ["ArrowDown", "j"], run: () => step(1) },
    { keys: ["ArrowUp", "k"], run: () => step(-1) },
    { keys: ["PageDown"], run: () => step(10) },
    { keys: ["PageUp"], run: () => step(-10) },
    { keys: ["Enter"], run: () => route.view === "markets" && markets.openCursor() },
    { keys: LENGTHS.map((_, at) => String(at)), run: (key) => pick(LENGTHS[Number(key)] ?? "1m") },
  ]);
}

function buildTheme(): void {
  const button = byId("theme");
  const show = () => {
    setText(button, theme.choice);
    chart.applyTheme();
    markets.applyTheme();
    feeds.applyTheme();
    sql.applyTheme();
    store.dirty.add("book");
  };
  button.onclick = () => theme.next();
  theme.onChange(show);
  show();
}

buildIntervals();
buildOverlays();
buildKeys();
buildTheme();
byId("help-open").onclick = openHelp;
byId("retry").onclick = () => session.retryNow();
addEventListener("hashchange", goTo);
addEventListener("offline", () => store.dirty.add("second"));
goTo();
setInterval(everySecond, 1000);
requestAnimationFrame(frame);
// A service worker caches the page's files, so that it opens while the gateway is away.
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("sw.js").catch(() => {});
