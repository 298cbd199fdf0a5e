import { ChartView, INTERVALS } from "./chart.ts";
import { Connection, type Message } from "./connection.ts";
import { byId } from "./dom.ts";
import { FocusView } from "./focus.ts";
import { count } from "./format.ts";
import { HeaderView } from "./header.ts";
import { LadderView } from "./ladder.ts";
import { MarketsView } from "./markets.ts";
import { type FeedHealth, Store } from "./store.ts";
import { TapeView } from "./tape.ts";

const LIST_TYPES = ["trade", "ticker", "status"];
const LIST_INTERVAL_MS = 250;

const store = new Store();
const header = new HeaderView(store);
const focus = new FocusView(store);
const ladder = new LadderView(store);
const tape = new TapeView(store);
const chart = new ChartView(store);
const markets = new MarketsView(store, choose);
const connection = new Connection({
  onOpen: () => void opened(),
  onMessage: received,
  onState: (state) => header.connection(state),
});

/** After each connect: what is there, in the environment's order, then what changes. */
async function opened(): Promise<void> {
  if (store.selected !== "") watch(store.selected);
  const { markets: list } = await getJson("/v1/markets?limit=5000");
  for (const summary of list as Record<string, unknown>[] ?? []) store.takeSummary(summary);
  store.dirty.add("list");
  connection.send({
    action: "subscribe",
    symbols: ["*"],
    types: LIST_TYPES,
    mode: "conflated",
    interval_ms: LIST_INTERVAL_MS,
  });
  // The newest request wins where two speak of the same market: the chosen one stays whole.
  if (store.selected !== "") watch(store.selected);
  else chooseFirst();
  header.info(await getJson("/v1/info"));
}

function chooseFirst(): void {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const [first] = store.markets.keys();
  if (store.markets.has(wanted)) choose(wanted);
  else if (first !== undefined) choose(first);
}

function received(message: Message): void {
  if (message.type === "dropped") {
    const number = count(Number(message["count"]));
    focus.notify(`This browser was too slow: ${number} messages were left out`);
  } else store.take(message);
  if (store.selected === "" && store.markets.size > 0) chooseFirst();
}

/** Makes a market the selected one. */
function choose(symbol: string): void {
  const before = store.selected;
  if (before === symbol) return;
  if (before !== "") {
    connection.send({ action: "unsubscribe", symbols: [before], types: ["orderbook"] });
    connection.send({
      action: "subscribe",
      symbols: [before],
      types: ["trade"],
      mode: "conflated",
      interval_ms: LIST_INTERVAL_MS,
    });
  }
  store.select(symbol);
  focus.reset();
  history.replaceState(null, "", `#${encodeURIComponent(symbol)}`);
  watch(symbol);
}

/** Everything of one market, and its trades so far. */
function watch(symbol: string): void {
  store.select(symbol);
  connection.send({ action: "subscribe", symbols: [symbol], types: ["trade", "orderbook"] });
  void getJson(`/v1/markets/${encodeURIComponent(symbol)}/trades?limit=1000`)
    .then(({ trades }) => store.takeHistory(symbol, trades as Message[] ?? []));
}

async function getJson(path: string): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : {};
  } catch {
    // The stream's own state tells that the gateway is away.
    return {};
  }
}

function frame(): void {
  requestAnimationFrame(frame);
  if (store.dirty.size === 0) return;
  markets.render();
  focus.render();
  focus.renderBanner();
  ladder.render();
  tape.render();
  chart.render();
  store.dirty.clear();
}

function everySecond(): void {
  store.tick();
  header.tick();
  tape.renderRate();
  chart.tick();
  focus.renderBanner();
  if (!connection.open || document.hidden) return;
  void getJson("/v1/feeds").then(({ feeds }) => {
    if (feeds !== undefined) store.feeds = feeds as FeedHealth[];
  });
}

function buildIntervals(): void {
  const box = byId("intervals");
  const buttons = INTERVALS.map(({ seconds, name }) => {
    const button = document.createElement("button");
    button.textContent = name;
    button.onclick = () => pick(seconds);
    box.append(button);
    return { seconds, button };
  });
  const pick = (seconds: number) => {
    chart.setSeconds(seconds);
    for (const other of buttons) {
      other.button.setAttribute("aria-pressed", String(other.seconds === seconds));
    }
  };
  pick(chart.seconds);
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement) return;
    const interval = INTERVALS[Number(event.key) - 1];
    if (interval !== undefined && !event.ctrlKey && !event.metaKey) pick(interval.seconds);
  });
}

buildIntervals();
setInterval(everySecond, 1000);
requestAnimationFrame(frame);
