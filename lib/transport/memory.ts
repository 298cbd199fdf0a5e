import { LIMITS, type Logger, nowUs, silentLogger } from "@ssmd/runtime";
import {
  answeredTooLate,
  answerFailed,
  consumerInUse,
  nobodyAnswers,
  transportClosed,
} from "./errors.ts";
import { assertStoreName, type KeyValueStore } from "./key_value.ts";
import { MemoryGroup } from "./memory_group.ts";
import { MemoryKeyValue } from "./memory_key_value.ts";
import { MemoryPublisher } from "./memory_publisher.ts";
import { MemoryQueue } from "./memory_queue.ts";
import { RecentIds } from "./recent_ids.ts";
import { compileFilter, compileFilters, type SubjectMatcher } from "./subject_filter.ts";
import type {
  ConsumeOptions,
  Consumer,
  GroupOptions,
  InMessage,
  LiveSubscription,
  OutMessage,
  Publisher,
  PublisherOptions,
  StoredMessage,
  StreamPosition,
  StreamState,
  Subscription,
  Transport,
  TransportStatus,
} from "./transport.ts";

/** Most cached routes, which hold a subject's newest id; beyond it the oldest is dropped. */
const SUBJECTS_MAX = 1_000_000;

/** Options of {@linkcode memoryTransport}. */
interface MemoryTransportOptions {
  /** Logs exceptions of handlers; default silent. */
  logger?: Logger;
  /** Backlog of a durable consumer above which publishers are `full`; default from LIMITS. */
  backlogMax?: number;
  /**
   * Whether a consumer's successor gets delivered but unacknowledged messages again; default true.
   * false keeps no copy, for sources that can replay, as a connector's spool.
   */
  redeliver?: boolean;
}

/**
 * Creates a bus inside the process. `publish` calls live handlers and caught-up consumers directly;
 * messages are kept only for durable names, until acknowledged, and end with the process.
 */
export function memoryTransport(options: MemoryTransportOptions = {}): Transport {
  return new MemoryTransport(options);
}

interface Live {
  matches: SubjectMatcher;
  onMessage: (message: InMessage) => void;
}

interface Durable {
  name: string;
  matches: SubjectMatcher;
  queue: MemoryQueue;
}

/** Readers of a subject, cached until the readers change. */
interface Route {
  generation: number;
  live: Live[];
  durable: Durable[];
  lastId: string;
  lastSequence: number;
}

type Answer = (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>;

class MemoryTransport implements Transport {
  readonly type = "memory";
  readonly durable = false;
  #logger: Logger;
  #backlogMax: number;
  #redeliver: boolean;
  #routes = new Map<string, Route>();
  #generation = 0;
  #live = new Set<Live>();
  #durables = new Map<string, Durable>();
  #answers = new Map<string, Answer>();
  #groups = new Map<string, MemoryGroup>();
  #stores = new Map<string, MemoryKeyValue>();
  #recent = new RecentIds();
  #sequence = 0;
  #createdAtUs = nowUs();
  #dispatching = false;
  #waiting: { route: Route; message: InMessage }[] = [];
  #readers: (() => void)[] = [];
  #failures = 0;
  #closed = false;

  constructor(options: MemoryTransportOptions) {
    this.#logger = options.logger ?? silentLogger;
    this.#backlogMax = options.backlogMax ?? LIMITS.memoryBacklogMax;
    this.#redeliver = options.redeliver ?? true;
  }

  get full(): boolean {
    for (const durable of this.#durables.values()) {
      if (durable.queue.backlog > this.#backlogMax) return true;
    }
    return false;
  }

  get closed(): boolean {
    return this.#closed;
  }

  publisher(options: PublisherOptions = {}): Publisher {
    this.#assertOpen();
    return new MemoryPublisher(this, options);
  }

  ready(): Promise<void> {
    if (this.#closed || !this.full) return Promise.resolve();
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  store(out: OutMessage): void {
    this.#assertOpen();
    if (out.id !== "" && !this.#recent.add(out.id)) return;
    const route = this.#routeOf(out.subject);
    const streamSequence = ++this.#sequence;
    route.lastId = out.id;
    route.lastSequence = streamSequence;
    if (route.live.length === 0 && route.durable.length === 0) return;
    const message = messageOf(out, streamSequence);
    // A handler that publishes must not reorder messages for later handlers.
    if (this.#dispatching) {
      this.#waiting.push({ route, message });
      return;
    }
    this.#dispatching = true;
    this.#deliver(route, message);
    if (this.#waiting.length > 0) this.#deliverWaiting();
    this.#dispatching = false;
  }

  #deliverWaiting(): void {
    for (let i = 0; i < this.#waiting.length; i++) {
      const next = this.#waiting[i];
      if (next !== undefined) this.#deliver(next.route, next.message);
    }
    this.#waiting = [];
  }

  #deliver(route: Route, message: InMessage): void {
    const { durable, live } = route;
    for (let i = 0; i < durable.length; i++) durable[i]?.queue.offer(message);
    for (let i = 0; i < live.length; i++) {
      const reader = live[i];
      if (reader === undefined || !this.#live.has(reader)) continue;
      this.#call(reader.onMessage, message);
    }
  }

  #call(onMessage: (message: InMessage) => void, message: InMessage): void {
    try {
      onMessage(message);
    } catch (error) {
      const failures = ++this.#failures;
      // Log powers of two only: a handler that always throws must not flood the log.
      if ((failures & (failures - 1)) === 0) {
        this.#logger.error("a message handler threw", {
          subject: message.subject,
          failures,
          error,
        });
      }
    }
  }

  #routeOf(subject: string): Route {
    let route = this.#routes.get(subject);
    if (route === undefined) {
      route = { generation: -1, live: [], durable: [], lastId: "", lastSequence: 0 };
      this.#routes.set(subject, route);
      if (this.#routes.size > SUBJECTS_MAX) {
        for (const oldest of this.#routes.keys()) {
          this.#routes.delete(oldest);
          break;
        }
      }
    }
    if (route.generation !== this.#generation) {
      route.live = [...this.#live].filter((reader) => reader.matches(subject));
      route.durable = [...this.#durables.values()].filter((reader) => reader.matches(subject));
      route.generation = this.#generation;
    }
    return route;
  }

  // deno-lint-ignore require-await
  async subscribe(
    filters: readonly string[],
    onMessage: (message: InMessage) => void,
  ): Promise<LiveSubscription> {
    this.#assertOpen();
    const reader: Live = { matches: compileFilters(filters), onMessage };
    this.#live.add(reader);
    this.#generation++;
    return {
      startSequence: this.#sequence,
      unsubscribe: () => {
        if (this.#live.delete(reader)) this.#generation++;
      },
    };
  }

  async joinGroup({ name, filter, onMessage }: GroupOptions): Promise<Subscription> {
    this.#assertOpen();
    const key = JSON.stringify([name, filter]);
    const group = this.#groups.get(key) ?? new MemoryGroup();
    this.#groups.set(key, group);
    const leave = group.join((message) => this.#call(onMessage, message));
    if (group.size === 1) {
      const { unsubscribe } = await this.subscribe([filter], (message) => group.give(message));
      group.end = unsubscribe;
    }
    return {
      unsubscribe: () => {
        leave();
        if (group.size > 0) return;
        group.end();
        this.#groups.delete(key);
      },
    };
  }

  // deno-lint-ignore require-await
  async keyValue(name: string): Promise<KeyValueStore> {
    this.#assertOpen();
    assertStoreName(name);
    const store = this.#stores.get(name) ?? new MemoryKeyValue();
    this.#stores.set(name, store);
    return store;
  }

  /** Never reports a hole: a queue loses nothing, and the stream ends with the process. */
  // deno-lint-ignore require-await
  async consume(options: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen();
    const durable = this.#durableOf(options);
    const { queue } = durable;
    queue.attach((message) => this.#call(options.onMessage, message));
    let open = true;
    const positionOf = () => this.#positionOf(queue);
    return {
      startSequence: positionOf().sequence,
      get position() {
        return positionOf();
      },
      acknowledge: (streamSequence) => {
        if (open) queue.acknowledge(streamSequence);
      },
      pause: () => {
        if (open) queue.pause();
      },
      resume: () => {
        if (open) queue.resume();
      },
      // deno-lint-ignore require-await
      close: async () => {
        if (open) queue.detach();
        open = false;
      },
    };
  }

  #positionOf({ waitingSequence }: MemoryQueue): StreamPosition {
    const sequence = waitingSequence === undefined ? this.#sequence : waitingSequence - 1;
    return { createdAtUs: this.#createdAtUs, sequence };
  }

  #durableOf({ name, filters }: ConsumeOptions): Durable {
    const matches = compileFilters(filters);
    const known = this.#durables.get(name);
    if (known?.queue.attached) throw consumerInUse(name);
    const queue = known?.queue ?? new MemoryQueue(() => this.#wakeReaders(), this.#redeliver);
    const durable = known ?? { name, matches, queue };
    durable.matches = matches;
    this.#durables.set(name, durable);
    this.#generation++;
    return durable;
  }

  #wakeReaders(): void {
    if (this.#readers.length === 0 || this.full) return;
    const readers = this.#readers;
    this.#readers = [];
    for (const resolve of readers) resolve();
  }

  // deno-lint-ignore require-await
  async state(): Promise<StreamState> {
    this.#assertOpen();
    return {
      createdAtUs: this.#createdAtUs,
      firstSequence: this.#sequence + 1,
      lastSequence: this.#sequence,
      firstAtUs: 0,
    };
  }

  async *read(): AsyncGenerator<readonly InMessage[]> {
    // Only messages for durable consumers are kept.
  }

  // deno-lint-ignore require-await
  async last(filter: string): Promise<StoredMessage | undefined> {
    this.#assertOpen();
    const matches = compileFilter(filter);
    let newest: Route | undefined;
    for (const [subject, route] of this.#routes) {
      if (route.lastSequence <= (newest?.lastSequence ?? 0) || !matches(subject)) continue;
      newest = route;
    }
    return newest && { id: newest.lastId, streamSequence: newest.lastSequence };
  }

  // deno-lint-ignore require-await
  async respond(subject: string, answer: Answer): Promise<Subscription> {
    this.#assertOpen();
    this.#answers.set(subject, answer);
    return {
      unsubscribe: () => {
        if (this.#answers.get(subject) === answer) this.#answers.delete(subject);
      },
    };
  }

  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    this.#assertOpen();
    const answer = this.#answers.get(subject);
    if (answer === undefined) throw nobodyAnswers(subject);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(answeredTooLate(subject, timeoutMs)), timeoutMs);
    try {
      return await Promise.race([answering(answer, subject, payload), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  readonly problem = "";

  onStatus(_listener: (status: TransportStatus) => void): void {
    // The bus inside the process is always connected.
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#closed = true;
    for (const { queue } of this.#durables.values()) queue.detach();
    this.#durables.clear();
    this.#live.clear();
    this.#answers.clear();
    this.#routes.clear();
    this.#wakeReaders();
  }

  #assertOpen(): void {
    if (this.#closed) throw transportClosed();
  }
}

async function answering(answer: Answer, subject: string, payload: Uint8Array) {
  try {
    return await answer(payload);
  } catch (cause) {
    throw answerFailed(subject, cause);
  }
}

/** Adds optional fields only when present; the plain shape is the fast one. */
function messageOf(out: OutMessage, streamSequence: number): InMessage {
  const { subject, payload, id, late, headers } = out;
  if (late !== true && headers === undefined) return { subject, payload, id, streamSequence };
  return {
    ...{ subject, payload, id, streamSequence },
    ...(late === true ? { late } : {}),
    ...(headers === undefined ? {} : { headers }),
  };
}
