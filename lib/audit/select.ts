import { type AuditSource, coldEvents, coldKeys, readCold } from "./cold.ts";
import { type AuditEvent, type AuditFilter, isSelected } from "./event.ts";

const PAGE = 10_000;

/** Returns matching events, newest first: from the hot log, then from storage. */
export async function newestEvents(
  source: AuditSource,
  filter: AuditFilter,
  limit: number,
): Promise<AuditEvent[]> {
  const { log, storage } = source;
  const events = await log.list({ ...filter, limit });
  if (storage === undefined || events.length >= limit) return events;
  const before = await hotFirst(source);
  for await (const event of coldEvents({ ...source, storage }, filter, before)) {
    if (events.length >= limit) break;
    events.push(event);
  }
  return events;
}

/** Returns the event at a position, hot or cold; undefined = expired or nonexistent. */
export async function eventAt(
  source: AuditSource,
  position: number,
): Promise<AuditEvent | undefined> {
  const hot = await source.log.find(position);
  const days = await source.log.rolledDays();
  const day = days.find(({ first, last }) => first <= position && position <= last)?.day;
  if (hot !== undefined || day === undefined || source.storage === undefined) return hot;
  const only = { ...source, storage: source.storage };
  for await (const event of coldEvents(only, { from: day, to: day }, position + 1)) {
    if (event.position === position) return event;
  }
  return undefined;
}

/** Yields matching events, oldest first. */
export async function* allEvents(
  source: AuditSource,
  filter: AuditFilter,
): AsyncGenerator<AuditEvent> {
  const { storage, log } = source;
  const before = await hotFirst(source);
  for (const key of storage === undefined ? [] : await coldKeys(source)) {
    for (const lines of storage === undefined ? [] : await readCold(storage, key)) {
      for (const { position, event } of lines()) {
        if (event !== undefined && position < before) yield* selected(event, filter);
      }
    }
  }
  for (let from = before;;) {
    const lines = await log.lines(from, PAGE);
    for (const { event = "" } of lines) yield* selected(event, filter);
    const last = lines.at(-1);
    if (last === undefined) return;
    from = last.position + 1;
  }
}

function* selected(text: string, filter: AuditFilter): Generator<AuditEvent> {
  const event: AuditEvent = JSON.parse(text);
  if (isSelected(event, filter)) yield event;
}

/** Returns the position of the first hot event. */
export async function hotFirst({ log }: AuditSource): Promise<number> {
  return (await log.lines(1, 1))[0]?.position ?? (await log.head()).position + 1;
}
