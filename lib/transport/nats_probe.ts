import { ProgressWatch } from "@ssmd/runtime";

/** How often the server is asked for a sign of life. */
const ASK_EVERY_MS = 1_000;
/** Looks without an answer after which the bus does not work. */
const UNANSWERED_LOOKS_MAX = 5;

/** Whether a server answers: one that hangs keeps its connections open. */
export class NatsProbe {
  #ask: () => Promise<void>;
  #timer: ReturnType<typeof setInterval>;
  #watch = new ProgressWatch(UNANSWERED_LOOKS_MAX);
  #lost = "";
  #isAsking = false;
  #answers = 0;

  /** `ask` resolves when the server has answered; `everyMs` is for tests. */
  constructor(ask: () => Promise<void>, everyMs: number = ASK_EVERY_MS) {
    this.#ask = ask;
    this.#timer = setInterval(() => this.#look(), everyMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Why nothing gets through; "" = it does. */
  get problem(): string {
    if (this.#lost !== "") return `the bus is away: ${this.#lost}`;
    return this.#watch.isStuck ? "the bus is connected and answers nothing" : "";
  }

  /** The connection is lost. */
  disconnected(why: string): void {
    this.#lost = why;
  }

  /** There is a new connection: what was asked on the old one is not answered any more. */
  reconnected(): void {
    this.#lost = "";
    this.#isAsking = false;
    this.#answers++;
  }

  /** Asks no more. */
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
      // The connection's end is told by itself.
    } finally {
      this.#isAsking = false;
    }
  }
}
