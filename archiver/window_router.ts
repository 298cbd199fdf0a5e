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
/** Subjects whose way is remembered; beyond it all are forgotten and found again. */
const ROUTES_MAX = 1_000_000;

/** Why a message cannot be archived. */
export type Refusal = "subject" | "payload" | "time" | "late";

/** How a message stands to what is held: behind later ones of its run it is `late`. */
type Arrival = "new" | "late" | "held" | "refused";

/** What the router asks of the archiver. */
interface WindowRouterOptions {
  env: string;
  /** Loads a day; `WindowRouter.dayLoaded` is to follow. */
  loadDay: (feed: string, day: string) => void;
  /** Reads what is archived of a minute; `WindowRouter.namesLoaded` is to follow. */
  loadNames: (minute: MinuteOfRecords) => void;
  /** A message that cannot be archived; `why` is for a person. */
  refuse: (message: InMessage, reason: Refusal, why: string) => void;
}

/** Where the messages of a subject go. */
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
 * The way of each message into its window, without a wait: subject → feed and type, payload →
 * record, id → place in its run, receivedAt → day and minute. Messages of a day that is not loaded
 * yet, and all behind them, wait in order.
 */
export class WindowRouter {
  /** Records in open windows, bytes. */
  openBytes = 0;
  /** Payloads that wait for a day to be loaded, bytes. */
  waitingBytes = 0;
  /** Everything in the stream up to here is in a window, in the archive, or refused. */
  processedSequence = 0;
  /** Messages put into windows since the start. */
  records = 0;
  /** Fires and actions among them. */
  derived = 0;
  /** Messages dropped because window or archive hold them. */
  duplicates = 0;
  /** Messages without an id, archived without a check. */
  withoutId = 0;
  /** Counted by the archiver. */
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
  /** One for all messages: the builder copies what it needs. */
  #record: NormalizedRecord = {
    payload: new Uint8Array(0),
    receivedAtUs: 0,
    sequence: 0,
    streamSequence: 0,
    run: "",
    frame: 0,
    index: 0,
  };

  /** An router with no day loaded. */
  constructor(options: WindowRouterOptions) {
    this.#options = options;
    this.#firePrefix = fireSubject(options.env, "");
    this.#actionPrefix = actionSubject(options.env, "");
    this.#names = new ArchivedNames(options.loadNames);
  }

  /** Whether messages wait for a day to be loaded. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a message; the consumer's callback. */
  receive(message: InMessage): void {
    if (this.#waiting.length === 0 && this.#accept(message)) return;
    this.#waiting.push(message);
    this.waitingBytes += message.payload.length;
  }

  /** Days that are loaded, with their feed. */
  *days(): Iterable<Day> {
    for (const days of this.#feeds.values()) yield* days.values();
  }

  /** Feeds seen so far. */
  feeds(): Iterable<string> {
    return this.#feeds.keys();
  }

  /** Gets a day loaded unless it is. */
  prepare(feed: string, day: string): void {
    const name = `${feed} ${day}`;
    if (this.#loading.has(name) || this.#daysOf(feed).has(usOfDay(day) / DAY_US)) return;
    this.#loading.add(name);
    this.#options.loadDay(feed, day);
  }

  /** Takes over a loaded day and the messages that waited for it. */
  dayLoaded(day: Day): void {
    const { feed } = day.manifest;
    this.#loading.delete(`${feed} ${day.name}`);
    this.#daysOf(feed).set(day.startUs / DAY_US, day);
    this.#takeWaiting();
  }

  /** Takes over what is archived of a minute, and the messages that waited for it. */
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

  /** Forgets a day without open windows; its next message loads it again. */
  forget(day: Day): void {
    this.#daysOf(day.manifest.feed).delete(day.startUs / DAY_US);
    // Routes remember their last day.
    for (const route of this.#routes.values()) if (route.day === day) route.day = undefined;
  }

  /**
   * Puts in a record that did not come over the bus. What the bus gave by now stays unacknowledged
   * until the record is written. Throws ArchiveError `DAY_NOT_LOADED`.
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

  /** The day when it is loaded. */
  loaded(feed: string, day: string): Day | undefined {
    return this.#daysOf(feed).get(usOfDay(day) / DAY_US);
  }

  /** What may be acknowledged while these windows are open. */
  acknowledgeable(): number {
    let sequence = this.processedSequence;
    for (const day of this.days()) {
      for (const { builder } of day.windows()) {
        if (builder.firstStream <= sequence) sequence = builder.firstStream - 1;
      }
    }
    return sequence;
  }

  /** Takes windows out, by day up to the minute that `upTo` says (undefined = none). */
  cut(upTo: (day: Day) => number | undefined): Window[] {
    const windows: Window[] = [];
    for (const day of this.days()) {
      const minute = upTo(day);
      if (minute !== undefined) windows.push(...day.cut(minute));
    }
    for (const { builder } of windows) this.openBytes -= builder.bytes;
    return windows;
  }

  /** False when the message has to wait for its day. */
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

  /** What is made of records has no place in a run: a day knows by ids what it has. */
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

  /** Whether the archive and the windows hold the message; its place goes into the record. */
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

  /** What comes behind later ones of its run is looked for; undefined = it has to wait for that. */
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

  /** Only minutes with late records are kept in mind. */
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

  #refused(message: InMessage, reason: Refusal, why: string): boolean {
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
    // The feed becomes part of a key: nothing may lead out of its folder.
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
    // An escape that is none: no subject of ours.
    return undefined;
  }
}
