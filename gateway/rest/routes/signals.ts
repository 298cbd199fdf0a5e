import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { Fire, SignalStatus } from "@ssmd/market";
import { nowUs, suggestion } from "@ssmd/runtime";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { mayActAs } from "../../access/role.ts";
import type { SignalsClient } from "../../bus/service_clients.ts";
import type { ArchiveSource } from "../../history/archive_source.ts";
import type { GapSpan } from "../../history/gap_span.ts";
import type { RecentFires } from "../../history/recent_fires.ts";
import { GATEWAY_LIMITS } from "../../limits.ts";
import { EntitledMarkets } from "../../state/entitled_markets.ts";
import type { MarketData } from "../../state/market_data.ts";
import { cursorOf, valueOfCursor } from "../../http/cursor.ts";
import { gapJson } from "../gap_view.ts";
import { gapHints } from "../history_hints.ts";
import { type Span, spanOf } from "../history_span.ts";
import { feedOf, includes } from "../market_lookup.ts";
import { Problem, shorten } from "../../http/problem.ts";
import { json, rawJson } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { CURSOR, FEED, SYMBOL } from "../schemas/common.ts";
import { FROM, PAGE_LIMIT, TO } from "../schemas/history.ts";
import * as examples from "../schemas/signal_examples.ts";
import { FIRE_PAGE, SIGNAL, SIGNAL_LIST, SIGNAL_SWITCHES } from "../schemas/signals.ts";

/** Data sources of the signal routes. */
interface SignalSource {
  client: SignalsClient;
  fires: RecentFires;
  data: MarketData;
  archive: ArchiveSource | undefined;
}

/** A signal as far as its reader may see it. */
type ShownSignal =
  & Omit<SignalStatus, "fires" | "errors">
  & Pick<z.output<typeof SIGNAL>, "fires" | "errors">;

const TAG = { tag: "Signals" } as const;
const SWITCHING = { ...TAG, role: "operator", method: "POST" } as const;
const ID = z.string().min(1).max(GATEWAY_LIMITS.textCharactersMax)
  .describe("Id of the signal: the name of its file.").meta({ examples: ["spread_widens"] });
const ONE = { params: { id: ID }, examples: { id: "spread_widens" } } as const;
const FIRE_CURSOR = z.tuple([z.number(), z.string()]);

/** Returns the routes of signals, their fires and their switches. */
export function signalRoutes(source: SignalSource): Route[] {
  return [
    listRoute(source),
    oneRoute(source),
    firesRoute(source),
    switchesRoute(source),
    switchRoute(source, "enable"),
    switchRoute(source, "disable"),
    deployRoute(source),
  ];
}

function listRoute({ client, data }: SignalSource): Route {
  return route({
    ...{ path: "/v1/signals", id: "listSignals", ...TAG },
    summary: "Lists signals of this environment with their states",
    answers: { 200: { schema: SIGNAL_LIST, example: examples.SIGNAL_LIST } },
    handler: async ({ access }) => {
      const { signals: all, lag_seconds } = await client.ask({ action: "list" });
      const signals = visibleSignals(all, data, access);
      return rawJson(JSON.stringify({ signals, lag_seconds, _hints: hintsOf(signals) }));
    },
  });
}

/**
 * Returns the signals over markets that the caller may see, without the names of others. Operators
 * run all of them, so they see all.
 */
function visibleSignals(
  signals: readonly SignalStatus[],
  data: MarketData,
  access: Access,
): ShownSignal[] {
  if (mayActAs(access.role, "operator")) return [...signals];
  const markets = [...new EntitledMarkets(data, access).markets()];
  return signals.flatMap((signal) => {
    const feeds = signal.feeds.filter((feed) => access.seesFeed(feed));
    const symbols = signal.symbols.filter((name) =>
      name.endsWith("*")
        ? markets.some(({ feed, symbol }) =>
          feeds.includes(feed.id) && symbol.startsWith(name.slice(0, -1))
        )
        : feeds.some((feed) => access.typesOf(feed, name) !== 0)
    );
    // One that could not be loaded may name no market.
    const isSeen = symbols.length > 0 || signal.symbols.length === 0;
    if (!isSeen) return [];
    const shown = { ...signal, feeds, symbols };
    return [seesAllFires(signal, access) ? shown : withoutFigures(shown)];
  });
}

/** Removes figures that also count markets which the reader may not see. */
function withoutFigures(signal: ShownSignal): ShownSignal {
  // A running signal says how many markets wait.
  const why = signal.state === "running" ? "" : signal.why;
  return { ...signal, why, fires: null, errors: null, last_fire: null };
}

/** Whether a caller may see the fires of all markets that a signal may ever have. */
function seesAllFires({ feeds, symbols }: SignalStatus, access: Access): boolean {
  // Of names, a pattern like `BTC*` is matched by entitlements to all that it may match.
  return feeds.every((feed) =>
    symbols.every((name) => includes(access.typesOf(feed, name), "fire"))
  );
}

function hintsOf(signals: readonly ShownSignal[]): string[] {
  const stopped = signals.filter(({ state }) => state !== "running").map(({ id }) => id);
  return [
    "Fires of a signal are at /v1/signals/{id}/fires; live they come with types=fire of the stream.",
    ...(stopped.length === 0 ? [] : [`These do not run: ${stopped.join(", ")}.`]),
  ];
}

function oneRoute({ client, data }: SignalSource): Route {
  return route({
    ...{ path: "/v1/signals/{id}", id: "getSignal", ...TAG, ...ONE },
    summary: "Shows a signal with its state",
    answers: { 200: { schema: SIGNAL, example: examples.SIGNAL } },
    handler: async ({ params: { id }, access }) => {
      const { signals: all } = await client.ask({ action: "list" });
      const signals = visibleSignals(all, data, access);
      const found = signals.find((signal) => signal.id === id);
      if (found !== undefined) return rawJson(JSON.stringify(found));
      if (all.some((signal) => signal.id === id)) access.auditHidden(`signal ${id}`);
      const hint = suggestion(id, signals.map((signal) => signal.id));
      throw new Problem("SIGNAL_UNKNOWN", `There is no signal "${id}"`, { status: 404, hint });
    },
  });
}

function firesRoute(source: SignalSource): Route {
  return route({
    ...{ path: "/v1/signals/{id}/fires", id: "listFires", ...TAG, ...ONE },
    summary: "Lists fires of a signal, recent and archived, newest first",
    description:
      "Covers the last day unless `from` is given. The fires of a removed signal are kept, and " +
      "a day rebuilt from raw keeps those of its live run.",
    query: {
      ...{
        symbol: SYMBOL.optional().describe("Only fires of this market."),
        feed: FEED.optional(),
      },
      ...{ from: FROM, to: TO, limit: PAGE_LIMIT, cursor: CURSOR.optional() },
    },
    answers: { 200: { schema: FIRE_PAGE, example: examples.FIRE_PAGE } },
    handler: async ({ params: { id }, query, access }) => {
      const span = spanOf(query, nowUs(), 1);
      const after = query.cursor === undefined
        ? undefined
        : valueOfCursor(query.cursor, FIRE_CURSOR);
      const gaps: GapSpan[] = [];
      const asked = { id, ...query, ...span };
      const all = await firesOf(source, access, {
        ...asked,
        onCorruption: (gap) => gaps.push(gap),
      });
      const rest = after === undefined
        ? all
        : all.filter(({ receivedAtUs, id }) =>
          receivedAtUs < after[0] || receivedAtUs === after[0] && id < after[1]
        );
      const page = rest.slice(0, query.limit);
      const last = page.at(-1);
      const next = last !== undefined && rest.length > page.length
        ? { next: cursorOf([last.receivedAtUs, last.id]) }
        : {};
      const { fromUs, toUs } = span;
      const head = {
        ...{ signal: id, from: fromUs / 1000, to: toUs / 1000, ...next, gaps: gaps.map(gapJson) },
        _hints: [
          ...(all.length > 0 ? [] : await emptyHints(source, access, { id, ...query })),
          ...gapHints(gaps),
        ],
      };
      const items = page.map((fire) => recordJson(fire, jsonPrefix(fire.symbol, fire.feed)));
      return rawJson(`${JSON.stringify(head).slice(0, -1)},"fires":[${items.join(",")}]}`);
    },
  });
}

/** Returns all fires of a span, newest first, deduplicated: memory and archive may overlap. */
async function firesOf(
  { data, fires, archive }: SignalSource,
  access: Access,
  { id, symbol, feed, fromUs, toUs, onCorruption }: Span & {
    id: string;
    symbol?: string | undefined;
    feed?: string | undefined;
    onCorruption: (gap: GapSpan) => void;
  },
): Promise<Fire[]> {
  const only = feed === undefined ? undefined : feedOf(data, access, feed).id;
  const isAsked = (fire: Fire) =>
    fire.signal === id && (symbol === undefined || fire.symbol === symbol) &&
    (only === undefined || fire.feed === only) &&
    fire.receivedAtUs >= fromUs && fire.receivedAtUs < toUs &&
    includes(access.typesOf(fire.feed, fire.symbol), "fire");
  const found = new Map(fires.of(id).filter(isAsked).map((fire) => [fire.id, fire]));
  for (const each of archive === undefined ? [] : data.feeds.keys()) {
    if (only !== undefined && each !== only) continue;
    const note = access.seesFeed(each) ? onCorruption : () => {};
    const slice = { feed: each, type: "fire", fromUs, toUs } as const;
    const query = symbol === undefined ? slice : { ...slice, symbol };
    for await (const batch of archive?.read(query, note) ?? []) {
      for (const fire of batch) {
        if (fire.type === "fire" && isAsked(fire)) found.set(fire.id, fire);
      }
    }
  }
  return [...found.values()].sort((a, b) =>
    b.receivedAtUs - a.receivedAtUs || (a.id < b.id ? 1 : -1)
  );
}

/** Says why a page may be empty; a hidden signal is not told from an unknown one. */
async function emptyHints(
  { client, data }: SignalSource,
  access: Access,
  { id, symbol }: { id: string; symbol?: string | undefined },
): Promise<string[]> {
  const symbols = [...new EntitledMarkets(data, access).markets()].map((each) => each.symbol);
  if (symbol !== undefined && !symbols.includes(symbol)) {
    return [`There is no market "${shorten(symbol)}" now. ${suggestion(symbol, symbols)}`];
  }
  const list = await client.ask({ action: "list" }).catch(() => undefined);
  if (list === undefined) return [];
  const ids = visibleSignals(list.signals, data, access).map((signal) => signal.id);
  if (ids.includes(id)) return ["It did not fire in this span, in markets that this caller sees."];
  const known = ids.length === 0 ? [] : [suggestion(id, ids)];
  return [`There is no signal "${shorten(id)}" now, and none fired in this span.`, ...known];
}

function switchesRoute({ client }: SignalSource): Route {
  return route({
    ...{ path: "/v1/admin/signals/history", id: "listSignalSwitches", ...SWITCHING, method: "GET" },
    summary: "Lists the signals that ran, by position of the stream",
    answers: { 200: { schema: SIGNAL_SWITCHES, example: examples.SIGNAL_SWITCHES } },
    handler: async () => {
      const { switches } = await client.ask({ action: "history" });
      return rawJson(JSON.stringify({ switches }));
    },
  });
}

function switchRoute({ client }: SignalSource, action: "enable" | "disable"): Route {
  return route({
    ...{ path: `/v1/admin/signals/{id}/${action}`, id: `${action}Signal`, ...SWITCHING, ...ONE },
    changes: "operations",
    summary: `Switches a signal ${action === "enable" ? "on" : "off"}, until it is switched again`,
    answers: { 200: { schema: SIGNAL_SWITCHES, example: examples.SIGNAL_SWITCHES } },
    handler: async ({ params: { id } }) => {
      const { switches } = await client.ask({ action, id });
      return rawJson(JSON.stringify({ switches }));
    },
  });
}

function deployRoute({ client }: SignalSource): Route {
  return route({
    ...{ path: "/v1/admin/signals/deploy", id: "deploySignals", ...SWITCHING, role: "admin" },
    changes: "operations",
    summary:
      "Reads the environment's signals again and switches to them at one position of the stream",
    answers: { 200: { schema: SIGNAL_SWITCHES, example: examples.SIGNAL_SWITCHES } },
    handler: async () => {
      const { switches } = await client.ask({ action: "deploy" });
      return json({ switches: switches.map((each) => ({ ...each, signals: [...each.signals] })) });
    },
  });
}
