import { ArchiveError, DAY_US, messageOf } from "@ssmd/runtime";
import {
  actionSubject,
  ALL_SYMBOLS,
  type DerivedEvent,
  EVENT_TYPES,
  type EventType,
  fireSubject,
  isDerived,
  type MarketEvent,
  parseSubject,
  typeOfSubject,
} from "@ssmd/market";
import { decode } from "@ssmd/codec";
import { dayOfUs, isKeyName, manifestGap, type NormalizedRecord, usOfDay } from "@ssmd/archive";
import type { InMessage } from "@ssmd/transport";
import { ArchivedNames, type MinuteOfRecords } from "./archived_names.ts";
import type { Day, Window } from "./day.ts";
import { IdReader } from "./id_reader.ts";

const MINUTE_US = 60_000_000;
/** Most cached routes; beyond it the cache is cleared. */
const ROUTES_MAX = 1_000_000;

/** Reason why a message cannot be archived. */
export type RejectReason = "subject" | "payload" | "time" | "late";

/** Kind of message; `late`: it comes after later ones of its run. */
type Arrival = "new" | "late" | "held" | "refused";

/** Options of {@linkcode WindowRouter}. */
interface WindowRouterOptions {
  env: string;
  /** Loads a day; `WindowRouter.dayLoaded` must follow. */
  loadDay: (feed: string, day: string) => void;
  /** Reads the archived names of a minute; `WindowRouter.namesLoaded` must follow. */
  loadNames: (minute: MinuteOfRecords) => void;
  /** Takes a message that cannot be archived; `why` is for users. */
  refuse: (message: InMessage, reason: RejectReason, why: string) => void;
}

/** Cached route of a subject's messages. */
interface Route {
  feed: string;
  type: EventType;
  typeIndex: number;
  symbol: string;
  days: Map<number, Day>;
  /** The day of the subject's last message. */
  day: Day | undefined;
}

/**
 * Routes each message into its window, synchronously: subject → feed and type, payload → record, id
 * → offset in its run, receivedAt → day and minute. A message whose day is not loaded yet waits,
 * and all later ones with it, in order.
 */
export class WindowRouter {
  /** Bytes of records in open windows. */
  openBytes = 0;
  /** Bytes of payloads waiting for a load. */
  waitingBytes = 0;
  /** Stream sequence up to which everything is in a window, archived, or refused. */
  processedSequence = 0;
  /** Messages put into windows since the start. */
  records = 0;
  /** Fires and actions among them. */
  derived = 0;
  /** Messages dropped because they are in a window or archived. */
  duplicates = 0;
  /** Messages without an id, archived unchecked. */
  withoutId = 0;
  /** Current tick, set by the archiver. */
  tick = 0;
  #options: WindowRouterOptions;
  #firePrefix: string;
  #actionPrefix: string;
  #routes = new Map<string, Route>();
  #feeds = new Map<string, Map<number, Day>>();
  #loading = new Set<string>();
  #waiting: InMessage[] = [];
  #ids = new IdReader();
  #names: ArchivedNames;
  /** Reused for all messages: the builder copies what it needs. */
  #record: NormalizedRecord = {
    payload: new Uint8Array(0),
    receivedAtUs: 0,
    sequence: 0,
    streamSequence: 0,
    run: "",
    frame: 0,
    index: 0,
  };

  /** Starts with no day loaded. */
  constructor(options: WindowRouterOptions) {
    this.#options = options;
    this.#firePrefix = fireSubject(options.env, "");
    this.#actionPrefix = actionSubject(options.env, "");
    this.#names = new ArchivedNames(options.loadNames);
  }

  /** Number of messages waiting for a load. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a message; callback of the consumer. */
  receive(message: InMessage): void {
    if (this.#waiting.length === 0 && this.#accept(message)) return;
    this.#waiting.push(message);
    this.waitingBytes += message.payload.length;
  }

  /** Yields the loaded days. */
  *days(): Iterable<Day> {
    for (const days of this.#feeds.values()) yield* days.values();
  }

  /** Returns the feeds seen so far. */
  feeds(): Iterable<string> {
    return this.#feeds.keys();
  }

  /** Requests a day unless it is loaded or loading. */
  prepare(feed: string, day: string): void {
    const name = `${feed} ${day}`;
    if (this.#loading.has(name) || this.#daysOf(feed).has(usOfDay(day) / DAY_US)) return;
    this.#loading.add(name);
    this.#options.loadDay(feed, day);
  }

  /** Adds a loaded day, then takes the messages that waited for it. */
  dayLoaded(day: Day): void {
    const { feed } = day.manifest;
    this.#loading.delete(`${feed} ${day.name}`);
    this.#daysOf(feed).set(day.startUs / DAY_US, day);
    this.#takeWaiting();
  }

  /** Adds the archived names of a minute, then takes the messages that waited for them. */
  namesLoaded(minute: MinuteOfRecords, names: Set<string>): void {
    this.#names.loaded(minute, names);
    this.#takeWaiting();
  }

  #takeWaiting(): void {
    const waiting = this.#waiting;
    let taken = 0;
    for (const message of waiting) {
      if (!this.#accept(message)) break;
      this.waitingBytes -= message.payload.length;
      taken++;
    }
    this.#waiting = waiting.slice(taken);
  }

  /** Unloads a day without open windows; its next message loads it again. */
  forget(day: Day): void {
    this.#daysOf(day.manifest.feed).delete(day.startUs / DAY_US);
    // Routes cache their last day.
    for (const route of this.#routes.values()) if (route.day === day) route.day = undefined;
  }

  /**
   * Inserts a record that did not come over the bus. Messages from the last one taken on stay
   * unacknowledged until it is written. Throws ArchiveError `DAY_NOT_LOADED`.
   */
  insert(event: MarketEvent, payload: Uint8Array): void {
    const { feed, type, symbol, receivedAtUs } = event;
    const day = this.#daysOf(feed).get(Math.floor(receivedAtUs / DAY_US));
    if (day === undefined) {
      throw new ArchiveError("DAY_NOT_LOADED", `${feed} cannot take a record`, {
        hint: "It is tried again",
      });
    }
    if (symbol !== ALL_SYMBOLS) day.symbols.add(symbol);
    const minute = Math.floor((receivedAtUs - day.startUs) / MINUTE_US);
    const window = day.window(type, EVENT_TYPES.indexOf(type), minute);
    if (event.type === "gap") window.gaps.push(manifestGap(event));
    this.#record.run = "";
    this.#record.sequence = event.sequence;
    const message = { subject: "", payload, id: "", streamSequence: this.processedSequence };
    this.#put(message, window, receivedAtUs);
    this.#note(event);
  }

  /** Returns a day; undefined when it is not loaded. */
  loaded(feed: string, day: string): Day | undefined {
    return this.#daysOf(feed).get(usOfDay(day) / DAY_US);
  }

  /** Returns the sequence that may be acknowledged while these windows are open. */
  acknowledgeable(): number {
    let sequence = this.processedSequence;
    for (const day of this.days()) {
      for (const { builder } of day.windows()) {
        if (builder.firstStream <= sequence) sequence = builder.firstStream - 1;
      }
    }
    return sequence;
  }

  /** Removes and returns each day's windows up to the minute `upTo` (undefined = none). */
  cut(upTo: (day: Day) => number | undefined): Window[] {
    const windows: Window[] = [];
    for (const day of this.days()) {
      const minute = upTo(day);
      if (minute !== undefined) windows.push(...day.cut(minute));
    }
    for (const { builder } of windows) this.openBytes -= builder.bytes;
    return windows;
  }

  /** Routes a message; false when it must wait for its day. */
  #accept(message: InMessage): boolean {
    const { subject } = message;
    if (subject.startsWith(this.#firePrefix) || subject.startsWith(this.#actionPrefix)) {
      const type = typeOfSubject(subject);
      if (type !== undefined && isDerived(type)) return this.#acceptDerived(message, type);
    }
    const route = this.#routes.get(message.subject) ?? this.#newRoute(message.subject);
    if (route === undefined) {
      return this.#refused(message, "subject", `"${message.subject}" names no feed and type`);
    }
    let receivedAtUs: number;
    const record = this.#record;
    try {
      const event = decode(route.type, message.payload);
      receivedAtUs = event.receivedAtUs;
      if (receivedAtUs <= 0) return this.#refused(message, "time", "the record has no receivedAt");
      record.sequence = event.sequence;
      const day = this.#dayOf(route, receivedAtUs);
      if (day === undefined) return false;
      const minute = Math.floor((receivedAtUs - day.startUs) / MINUTE_US);
      let arrival = this.#arrivalOf(message, day, minute);
      if (arrival === "late") {
        const late = this.#lateArrivalOf(message, event, day);
        if (late === undefined) return false;
        arrival = late;
      }
      if (arrival === "refused") {
        return this.#refused(message, "late", "the day holds too many late records");
      }
      if (arrival !== "held") {
        const window = day.window(route.type, route.typeIndex, minute);
        if (arrival === "late") window.late.push(message.id);
        if (event.type === "gap") window.gaps.push(manifestGap(event));
        this.#put(message, window, receivedAtUs);
        this.#note(event);
      }
    } catch (error) {
      return this.#refused(message, "payload", messageOf(error));
    }
    this.#done(message);
    return true;
  }

  /** Derived events have no offset in a run; the day deduplicates them by id. */
  #acceptDerived(message: InMessage, type: DerivedEvent["type"]): boolean {
    let event: DerivedEvent;
    try {
      event = decode(type, message.payload);
    } catch (error) {
      return this.#refused(message, "payload", messageOf(error));
    }
    const { feed, receivedAtUs, symbol, id } = event;
    if (!isKeyName(feed)) return this.#refused(message, "subject", `"${feed}" is no feed`);
    if (receivedAtUs <= 0) return this.#refused(message, "time", `the ${type} has no receivedAt`);
    const day = this.#daysOf(feed).get(Math.floor(receivedAtUs / DAY_US));
    if (day === undefined) {
      this.prepare(feed, dayOfUs(receivedAtUs));
      return false;
    }
    if (day.takeDerived(id)) {
      day.symbols.add(symbol);
      const minute = Math.floor((receivedAtUs - day.startUs) / MINUTE_US);
      this.#record.run = "";
      this.#record.sequence = event.sequence;
      this.derived++;
      this.#put(message, day.window(type, EVENT_TYPES.indexOf(type), minute), receivedAtUs);
    } else this.duplicates++;
    this.#done(message);
    return true;
  }

  #put(message: InMessage, window: Window, receivedAtUs: number): void {
    const record = this.#record;
    record.payload = message.payload;
    record.receivedAtUs = receivedAtUs;
    record.streamSequence = message.streamSequence;
    window.builder.add(record);
    window.touchedTick = this.tick;
    if (receivedAtUs > window.day.lastUs) window.day.lastUs = receivedAtUs;
    this.openBytes += message.payload.length;
    this.records++;
  }

  /** Classifies a message and writes its offset into the shared record. */
  #arrivalOf(message: InMessage, day: Day, minute: number): Arrival {
    const ids = this.#ids;
    const record = this.#record;
    if (!ids.read(message.id)) {
      record.run = "";
      this.withoutId++;
      return "new";
    }
    record.run = ids.run;
    record.frame = ids.frame;
    record.index = ids.index;
    if (day.advance(ids.run, ids.frame, { index: ids.index, minute })) return "new";
    if (message.late === true && !day.hasLate(message.id)) return "late";
    this.duplicates++;
    return "held";
  }

  /** Checks a late message against the archive; undefined = it must wait for the names. */
  #lateArrivalOf(message: InMessage, event: MarketEvent, day: Day): Arrival | undefined {
    const minute = minuteOf(event);
    const isArchived = this.#names.has(event, minute);
    if (isArchived === undefined) return undefined;
    if (isArchived) {
      this.duplicates++;
      return "held";
    }
    if (day.isLateFull) return "refused";
    day.takeLate(message.id, (minute.fromUs - day.startUs) / MINUTE_US);
    return "late";
  }

  /** Only minutes with late records are tracked. */
  #note(event: MarketEvent): void {
    if (!this.#names.empty) this.#names.add(event, minuteOf(event));
  }

  #dayOf(route: Route, receivedAtUs: number): Day | undefined {
    const last = route.day;
    const sinceLast = last === undefined ? -1 : receivedAtUs - last.startUs;
    if (sinceLast >= 0 && sinceLast < DAY_US) return last;
    const day = route.days.get(Math.floor(receivedAtUs / DAY_US));
    if (day === undefined) {
      this.prepare(route.feed, dayOfUs(receivedAtUs));
      return undefined;
    }
    route.day = day;
    if (route.symbol !== ALL_SYMBOLS) day.symbols.add(route.symbol);
    return day;
  }

  #refused(message: InMessage, reason: RejectReason, why: string): boolean {
    this.#options.refuse(message, reason, why);
    this.#done(message);
    return true;
  }

  #done(message: InMessage): void {
    this.processedSequence = message.streamSequence;
  }

  #daysOf(feed: string): Map<number, Day> {
    let days = this.#feeds.get(feed);
    if (days === undefined) this.#feeds.set(feed, days = new Map());
    return days;
  }

  #newRoute(subject: string): Route | undefined {
    const parts = parsedSubject(subject);
    if (parts === undefined || parts.env !== this.#options.env) return undefined;
    const typeIndex = (EVENT_TYPES as readonly string[]).indexOf(parts.type);
    const type = EVENT_TYPES[typeIndex];
    // The feed becomes part of a key, which must stay in its folder.
    if (type === undefined || !isKeyName(parts.feed)) return undefined;
    const { feed, symbol } = parts;
    const route: Route = {
      feed,
      type,
      typeIndex,
      symbol,
      days: this.#daysOf(feed),
      day: undefined,
    };
    if (this.#routes.size >= ROUTES_MAX) this.#routes.clear();
    this.#routes.set(subject, route);
    return route;
  }
}

function minuteOf({ feed, type, receivedAtUs }: MarketEvent): MinuteOfRecords {
  return { feed, type, fromUs: receivedAtUs - receivedAtUs % MINUTE_US };
}

function parsedSubject(subject: string): ReturnType<typeof parseSubject> {
  try {
    return parseSubject(subject);
  } catch {
    // An invalid escape: not one of our subjects.
    return undefined;
  }
}
