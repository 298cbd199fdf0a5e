import { type InstrumentFile, type SecurityMaster, usOfInstant } from "@ssmd/metadata";
import { DAY_US, isoOfUs, nearest, nowUs } from "@ssmd/runtime";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { InstrumentSource } from "../../meta/instrument_source.ts";
import { Problem, shorten } from "../../http/problem.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { FEED } from "../schemas/common.ts";
import * as schemas from "../schemas/secmaster.ts";
import * as examples from "../schemas/secmaster_examples.ts";

const TAG = "Instruments";
const PAGE_MAX = 1000;
/** Maximum number of names that one request may resolve. */
const NAMES_MAX = 2000;

/** Returns the routes of instruments and of their names in feeds. */
export function secmasterRoutes(source: InstrumentSource): Route[] {
  return [list(source), show(source), history(source), lookup(source), resolve(source)];
}

/** Whether a caller may see an instrument: it may see a market of one of its names. */
function isVisible(instrument: InstrumentFile, access: Access): boolean {
  return instrument.mappings.some((mapping) => isSeen(instrument, mapping, access));
}

/** Whether a caller may see what a feed calls an instrument. */
function isSeen(
  { id }: InstrumentFile,
  { feed, external }: { feed: string; external: string },
  access: Access,
): boolean {
  return access.typesOf(feed, id) !== 0 || access.typesOf(feed, external) !== 0;
}

/** Returns the mappings visible to the caller. */
function mappingsOf(instrument: InstrumentFile, access: Access) {
  return instrument.mappings.filter((mapping) => isSeen(instrument, mapping, access));
}

function usOf(text: string | undefined): number {
  return text === undefined ? nowUs() : usOfInstant(text) ?? nowUs();
}

/** Throws {@linkcode Problem} (404), the same for a hidden as for a missing instrument. */
function instrumentOf(master: SecurityMaster, access: Access, id: string): InstrumentFile {
  const found = master.get(id);
  if (found !== undefined && isVisible(found, access)) return found;
  if (found !== undefined) access.auditHidden(`instrument ${id}`);
  const names: string[] = [];
  for (const each of master.all()) {
    if (each.id !== id && isVisible(each, access) && names.push(each.id) >= NAMES_MAX) break;
  }
  const near = nearest(shorten(id), names);
  throw new Problem("UNKNOWN_INSTRUMENT", `There is no instrument "${shorten(id)}"`, {
    status: 404,
    hint: near === undefined ? "All are at /v1/secmaster/instruments" : `Did you mean "${near}"?`,
  });
}

function list(source: InstrumentSource): Route {
  return route({
    ...{ path: "/v1/secmaster/instruments", id: "listInstruments", tag: TAG },
    summary: "Lists instruments, now or as of a time",
    query: {
      ...{ as_of: schemas.HELD_AT, known_at: schemas.KNOWN_AT },
      ...{ feed: FEED.optional(), asset_class: schemas.ASSET_CLASS, state: schemas.LIFE_STATE },
      limit: z.int().min(1).max(PAGE_MAX).default(100),
      after: z.string().min(1).max(128).optional().describe("`next` of the previous page."),
    },
    answers: { 200: { schema: schemas.INSTRUMENTS, example: examples.INSTRUMENTS } },
    handler: async ({ query, access }) => {
      const master = await source.master();
      const at = { asOfUs: usOf(query.as_of), knownAtUs: usOf(query.known_at) };
      const { after = "" } = query;
      const found = [...master.all()]
        .filter((each) => each.id > after && isVisible(each, access))
        .filter(({ asset_class }) => [undefined, asset_class].includes(query.asset_class))
        .filter((each) =>
          query.feed === undefined ||
          mappingsOf(each, access).some(({ feed }) => feed === query.feed)
        )
        .map((each) => ({ each, version: master.versionAt(each.id, at) ?? null }))
        .filter(({ version }) => query.state === undefined || version?.state === query.state)
        .sort((a, b) => a.each.id < b.each.id ? -1 : 1);
      const page = found.slice(0, query.limit);
      const last = found.length > page.length ? page.at(-1)?.each.id : undefined;
      return json({
        instruments: page.map(({ each, version }) => ({
          ...{ id: each.id, name: each.name, asset_class: each.asset_class, version },
          mappings: mappingsOf(each, access),
        })),
        ...(last === undefined ? {} : { next: last }),
      });
    },
  });
}

const ONE = {
  params: { instrument: schemas.INSTRUMENT },
  examples: { instrument: "BTCUSD" },
};

function show(source: InstrumentSource): Route {
  return route({
    ...{ path: "/v1/secmaster/instruments/{instrument}", id: "getInstrument", tag: TAG, ...ONE },
    summary: "Shows an instrument, now or as of a time, as it was known at a time",
    query: { as_of: schemas.HELD_AT, known_at: schemas.KNOWN_AT },
    answers: { 200: { schema: schemas.INSTRUMENT_VIEW, example: examples.INSTRUMENT_VIEW } },
    handler: async ({ params, query, access }) => {
      const master = await source.master();
      const instrument = instrumentOf(master, access, params.instrument);
      const { id, name, asset_class } = instrument;
      const at = { asOfUs: usOf(query.as_of), knownAtUs: usOf(query.known_at) };
      const version = master.versionAt(id, at) ?? null;
      return json({ id, name, asset_class, version, mappings: mappingsOf(instrument, access) });
    },
  });
}

function history(source: InstrumentSource): Route {
  return route({
    ...{
      path: "/v1/secmaster/instruments/{instrument}/history",
      id: "getInstrumentHistory",
      tag: TAG,
    },
    ...ONE,
    summary: "Lists all versions of an instrument",
    answers: { 200: { schema: schemas.INSTRUMENT_HISTORY, example: examples.INSTRUMENT_HISTORY } },
    handler: async ({ params, access }) => {
      const instrument = instrumentOf(await source.master(), access, params.instrument);
      const { id, name, asset_class, versions } = instrument;
      const sorted = versions.toSorted((a, b) => usOf(a.known) - usOf(b.known));
      const mappings = mappingsOf(instrument, access);
      return json({ id, name, asset_class, versions: sorted, mappings });
    },
  });
}

function lookup(source: InstrumentSource): Route {
  return route({
    ...{ path: "/v1/secmaster/lookup", id: "lookUpInstrument", tag: TAG },
    summary: "Shows the instrument that a feed's name means at a time",
    query: {
      feed: schemas.FEED_OF_NAMES,
      external: z.string().min(1).max(128).describe("The venue's name."),
      at: schemas.AT,
    },
    answers: { 200: { schema: schemas.LOOKUP, example: examples.LOOKUP } },
    handler: async ({ query: { feed, external, at }, access }) => {
      const master = await source.master();
      const atUs = usOf(at);
      const id = master.lookup(feed, external, atUs);
      const instrument = id === undefined ? undefined : master.get(id);
      // Seeing the instrument on another feed does not tell what this feed calls it.
      if (instrument !== undefined && isSeen(instrument, { feed, external }, access)) {
        return json({ feed, external, at: isoOfUs(atUs), id: instrument.id });
      }
      const detail = `"${shorten(external)}" of ${shorten(feed)} means no instrument then`;
      throw new Problem("UNKNOWN_NAME", detail, {
        status: 404,
        hint: "Names are case-sensitive; /v1/secmaster/resolve tells about a span of time",
      });
    },
  });
}

function resolve(source: InstrumentSource): Route {
  return route({
    ...{ path: "/v1/secmaster/resolve", id: "resolveInstruments", tag: TAG },
    summary: "Resolves names over a span of time",
    description: "Covers the current day unless `from` and `to` are given.",
    query: {
      feed: schemas.FEED_OF_NAMES,
      symbols: z.array(z.string().min(1).max(128)).min(1).max(NAMES_MAX)
        .describe("The venue's names, or ids of instruments, separated by commas."),
      by: z.enum(["external", "instrument"]).default("external").describe("Kind of the names."),
      ...{ from: schemas.AT, to: schemas.AT, known_at: schemas.KNOWN_AT },
    },
    answers: { 200: { schema: schemas.RESOLUTION, example: examples.RESOLUTION } },
    handler: async ({ query: { feed, symbols, by, from, to, known_at }, access }) => {
      const master = await source.master();
      const fromUs = usOf(from);
      const toUs = to === undefined ? fromUs + DAY_US : usOf(to);
      if (toUs <= fromUs) {
        const hint = "the span is from inclusive to exclusive";
        throw new Problem("INVALID_PARAMETER", "To lies not behind from", { status: 400, hint });
      }
      const sees = (name: string, other: string) =>
        access.typesOf(feed, name) !== 0 || access.typesOf(feed, other) !== 0;
      const resolved = master.resolve({
        ...{ feed, names: symbols, by, fromUs, toUs },
        knownAtUs: usOf(known_at),
      });
      // Names hidden from the caller are reported as not found.
      const seen = [...resolved.mappings].filter(([name, spans]) =>
        spans.every((span) => sees(name, span.name))
      );
      const names = new Set(seen.map(([name]) => name));
      return json({
        mappings: Object.fromEntries(seen.map(([name, spans]) => [
          name,
          spans.map((span) => ({
            ...{ from: isoOfUs(span.fromUs), to: isoOfUs(span.toUs), name: span.name },
          })),
        ])),
        partial: resolved.partial.filter((name) => names.has(name)),
        not_found: [...new Set(symbols)].filter((name) => !names.has(name)),
      });
    },
  });
}
