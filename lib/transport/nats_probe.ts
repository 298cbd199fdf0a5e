import { ProgressWatch } from "@ssmd/runtime";

/** Interval of pings to the server. */
const ASK_EVERY_MS = 1_000;
/** Looks without an answer after which the bus counts as stalled. */
const UNANSWERED_LOOKS_MAX = 5;

/** Detects a server that hangs but keeps its connections open. */
export class NatsProbe {
  #ask: () => Promise<void>;
  #timer: ReturnType<typeof setInterval>;
  #watch = new ProgressWatch(UNANSWERED_LOOKS_MAX);
  #lost = "";
  #isAsking = false;
  #answers = 0;

  /** `ask` resolves when the server has answered; tests set `everyMs`. */
  constructor(ask: () => Promise<void>, everyMs: number = ASK_EVERY_MS) {
    this.#ask = ask;
    this.#timer = setInterval(() => this.#look(), everyMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Why the bus does not work; "" = no problem. */
  get problem(): string {
    if (this.#lost !== "") return `the bus is away: ${this.#lost}`;
    return this.#watch.isStuck ? "the bus is connected and answers nothing" : "";
  }

  /** Notes that the connection is lost. */
  disconnected(why: string): void {
    this.#lost = why;
  }

  /** Notes a new connection: pings on the old one get no answer. */
  reconnected(): void {
    this.#lost = "";
    this.#isAsking = false;
    this.#answers++;
  }

  /** Stops pinging. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#watch.look(this.#isAsking, this.#answers);
    if (!this.#isAsking && this.#lost === "") void this.#askOnce();
  }

  async #askOnce(): Promise<void> {
    this.#isAsking = true;
    try {
      await this.#ask();
      this.#answers++;
    } catch {
      // The end of the connection is reported separately.
    } finally {
      this.#isAsking = false;
    }
  }
}
