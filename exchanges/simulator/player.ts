import { setImmediate } from "node:timers";
import { Pause } from "@ssmd/runtime";

/** Items to play, in order of time. */
export interface Feed {
  /** Virtual time (µs) of the next item; undefined when none is loaded. */
  nextUs(): number | undefined;
  /** Loads more items; false at the end. */
  fill(): Promise<boolean>;
  /** Sends the next item. */
  emit(): void;
  /** Asynchronous work between two items (rebuilding a snapshot); undefined = none. */
  pending(): Promise<void> | undefined;
}

/** Options of {@linkcode Player}. */
interface PlayerOptions {
  feed: Feed;
  speed: number | "max";
  /** Virtual time at the start; undefined = 0. */
  startUs?: number;
  /** Flushes sent frames to the sockets. */
  flush(): void;
  /** Resolves when clients can take more (max speed); undefined = now. */
  blocked(): Promise<void> | undefined;
}

const BATCH_ITEMS = 256;
const TICK_MS = 4;

/** Plays a feed on one shared timeline, at a multiple of its pace or as fast as clients read. */
export class Player {
  /** Resolves when the last item was sent or the player was stopped. */
  readonly ended: Promise<void>;
  #options: PlayerOptions;
  #started = false;
  #running = false;
  #stopped = false;
  #finished = false;
  #hasten: ReturnType<typeof setTimeout> | undefined;
  #virtualUs: number;
  #anchorVirtualUs = 0;
  #anchorMs = 0;
  #end!: () => void;
  #pause = new Pause();
  #failure: ((error: unknown) => void) | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#virtualUs = options.startUs ?? 0;
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#failure = reject;
    });
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Current virtual time, µs. */
  nowUs(): number {
    const still = !this.#running || this.#finished || this.#options.speed === "max";
    return still ? this.#virtualUs : this.#paced();
  }

  /** Uses the monotonic clock: time lost to sleep or a clock step is not caught up. */
  #paced(): number {
    const elapsedMs = (performance.now() - this.#anchorMs) * (this.#options.speed as number);
    return this.#anchorVirtualUs + Math.round(elapsedMs * 1000);
  }

  /** Starts after `delayMs`; another call before that may start it earlier. */
  start(delayMs: number): void {
    if (this.#stopped || this.#running) return;
    if (this.#started) {
      clearTimeout(this.#hasten);
      this.#hasten = setTimeout(() => this.#pause.end(), delayMs);
      return;
    }
    this.#started = true;
    this.#run(delayMs).then(this.#end, this.#failure);
  }

  /** Sets the current virtual time, without waiting for the gap to it. */
  #anchor(virtualUs: number): void {
    this.#anchorVirtualUs = virtualUs;
    this.#anchorMs = performance.now();
  }

  async #run(delayMs: number): Promise<void> {
    await this.#pause.wait(delayMs);
    clearTimeout(this.#hasten);
    this.#running = true;
    const { feed, speed } = this.#options;
    this.#anchor(this.#virtualUs);
    while (!this.#stopped) {
      const pending = feed.pending();
      if (pending !== undefined) {
        await pending;
        this.#options.flush();
        continue;
      }
      if (feed.nextUs() === undefined && !await feed.fill()) break;
      if (speed === "max") await this.#burst();
      else await this.#tick();
    }
    this.#finished = true;
  }

  /** Sends as much as clients take. */
  async #burst(): Promise<void> {
    const { feed } = this.#options;
    const blocked = this.#options.blocked();
    if (blocked !== undefined) return await blocked;
    for (let i = 0; i < BATCH_ITEMS; i++) {
      const nextUs = feed.nextUs();
      if (nextUs === undefined) break;
      this.#virtualUs = nextUs;
      feed.emit();
    }
    this.#options.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Sends due items and sleeps until the next one. */
  async #tick(): Promise<void> {
    const { feed, speed } = this.#options;
    const dueUs = this.#paced();
    let nextUs = feed.nextUs();
    for (let i = 0; nextUs !== undefined && nextUs <= dueUs && i < 4096; i++) {
      this.#virtualUs = nextUs;
      feed.emit();
      nextUs = feed.nextUs();
    }
    this.#options.flush();
    if (nextUs === undefined) return;
    const waitMs = (nextUs - this.#paced()) / 1000 / (speed as number);
    await this.#pause.wait(Math.min(1000, Math.max(TICK_MS, waitMs)));
  }

  /** Checks now instead of at the next item. */
  poke(): void {
    if (this.#running) this.#pause.end();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#hasten);
    this.#pause.end();
    if (!this.#started) this.#end();
  }
}
