import { type DaySummary, inventory, usOfDay } from "@ssmd/archive";
import { type Calendar, openSpans } from "@ssmd/metadata";
import { DAY_US, nowUs, SsmdError } from "@ssmd/runtime";
import { envOf } from "@ssmd/dataset/inventory";
import type { Storage } from "@ssmd/storage";
import { listArchive } from "../archive/list_archive.ts";
import { spanOf } from "../archive/time_span.ts";
import type { Globals, SsmdContext } from "../context.ts";
import { Registry } from "../registry/registry.ts";
import type { InventoryFlags } from "./inventory_flags.ts";

/** Archived days selected by flags, with their environment. */
interface NamedDays {
  /** Empty where none is named and nothing has been captured. */
  env: string;
  days: DaySummary[];
}

/** Reads the days' manifests. Throws like `inventory`, and UsageError. */
export async function namedDays(context: SsmdContext, flags: InventoryFlags): Promise<NamedDays> {
  return await withNamedDays<NamedDays>(context, flags, {
    none: { env: flags.env ?? "", days: [] },
    read: (_, named) => Promise.resolve(named),
  });
}

/**
 * The answer of `read`, which gets the days and their archive; `none` with a note where nothing has
 * been captured yet. Throws like {@linkcode namedDays}, and what `read` throws.
 */
export async function withNamedDays<T>(
  context: SsmdContext,
  flags: InventoryFlags,
  { read, none }: { read: (storage: Storage, named: NamedDays) => Promise<T>; none: T },
): Promise<T> {
  const span = spanOf(flags);
  return await listArchive<T>(context, flags, {
    none,
    read: async (storage) => {
      const env = await envOf(storage, flags.env);
      const isExpected = await expectation(context.globals);
      const days = await inventory(storage, {
        ...{ env, ...span, isExpected, nowUs: nowUs() },
        ...(flags.feed === undefined ? {} : { feeds: flags.feed }),
        ...(flags.version === undefined ? {} : { version: flags.version }),
      });
      return await read(storage, { env, days });
    },
  });
}

/** Returns whether a feed's calendar is open on a day; always true without a registry or calendar. */
async function expectation(
  globals: Globals,
): Promise<(feed: string, day: string) => boolean> {
  const registry = await registryOrNone(globals);
  const calendars = new Map<string, Calendar | undefined>();
  return (feed, day) => {
    if (registry === undefined) return true;
    if (!calendars.has(feed)) calendars.set(feed, calendarOf(registry, feed));
    const startUs = usOfDay(day);
    return openSpans(calendars.get(feed), startUs, startUs + DAY_US).length > 0;
  };
}

async function registryOrNone(globals: Globals): Promise<Registry | undefined> {
  try {
    return await Registry.open(globals);
  } catch (error) {
    if (error instanceof SsmdError && globals.dir === undefined) return undefined;
    throw error;
  }
}

function calendarOf(registry: Registry, feed: string): Calendar | undefined {
  if (!registry.names("feed").includes(feed)) return undefined;
  const { calendar } = registry.feed(feed);
  return calendar === undefined ? undefined : registry.calendar(calendar);
}
