import { VenueError } from "@ssmd/runtime";
import type { AskRest } from "../adapter.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
/** More pages than the venue has markets for: the cursor must be looping. */
const PAGES_MAX = 20_000;

/** A paged list with the venue's largest page size. */
export const MARKETS = { path: "/markets", noun: "markets", limit: 1000 } as const;
/** As {@linkcode MARKETS}. */
export const EVENTS = { path: "/events", noun: "events", limit: 200 } as const;

/**
 * Yields all pages of a list. Throws VenueError `VENUE_ANSWER_UNREADABLE` for an invalid page or a
 * repeated cursor.
 */
export async function* pagesOf(
  ask: AskRest,
  { path, noun, limit }: { path: string; noun: string; limit: number },
  filter: Readonly<Record<string, string>>,
): AsyncGenerator<unknown[]> {
  const query = new URLSearchParams({ limit: String(limit), ...filter });
  const seen = new Set<string>();
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await ask(`${path}?${query}`) as Record<string, unknown>;
    yield listOf(answer, noun, path);
    const { cursor } = answer;
    if (typeof cursor !== "string" || cursor === "") return;
    if (seen.has(cursor)) throw unreadable(path, "a cursor that was not given before");
    seen.add(cursor);
    query.set("cursor", cursor);
  }
  throw unreadable(path, `fewer than ${PAGES_MAX} pages`);
}

/** Returns the list of an answer. Throws as {@linkcode pagesOf}. */
export function listOf(answer: unknown, noun: string, path: string): unknown[] {
  const list = objectOf(answer)?.[noun];
  if (!Array.isArray(list)) throw unreadable(path, `a list of ${noun}`);
  return list;
}

/** Object of an answer; undefined = it is none. */
export function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : undefined;
}

/** Time of an answer as text; undefined for the venue's zero and for other values. */
export function timeOf(value: unknown): string | undefined {
  return typeof value === "string" && TIME.test(value) && !value.startsWith("0001-")
    ? value
    : undefined;
}

function unreadable(path: string, wanted: string): VenueError {
  return new VenueError("VENUE_ANSWER_UNREADABLE", `Kalshi's answer of ${path} is not ${wanted}`, {
    context: { path },
    hint: "Try again; if it stays, the venue has changed its REST",
    retryable: true,
  });
}
