import type { TransformOutput } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime";
import type { TransformRun } from "../bus/transforms_client.ts";
import { DropCounter } from "./drop_counter.ts";

/** Maximum number of records in one request to the transform, and of their characters. */
const BATCH_RECORDS_MAX = 200;
const BATCH_CHARACTERS_MAX = 128 * 1024;
/** Maximum waiting for a transform; beyond it records are dropped and reported. */
const WAITING_RECORDS_MAX = 10_000;
const WAITING_CHARACTERS_MAX = 4 * 1024 * 1024;

/** A record in the queue; `M` is passed through for the sender of its output. */
interface WaitingRecord<M> {
  /** JSON of the record. */
  text: string;
  meta: M;
}

/** A record, or a send that must not overtake the records before it. */
type Waiting<M> = WaitingRecord<M> | (() => void);

/** Receives the output of a {@linkcode TransformQueue}. */
interface TransformOwner<M> {
  /** A record's output is ready to send. */
  onTransformed(message: string, meta: M): void;
  /** What was dropped between the record sent last and the next one. */
  onTransformDropped(drops: DropCounter): void;
  /** There is room for records again. */
  onTransformRoom(): void;
  /** The transform has ended for good. */
  onTransformEnded(error: SsmdError): void;
}

/** Records of one client on their way through its transform, in order and bounded. */
export class TransformQueue<M> {
  readonly #run: TransformRun;
  readonly #owner: TransformOwner<M>;
  #waiting: Waiting<M>[] = [];
  #records = 0;
  #characters = 0;
  /** Whether records are dropped until the queue is half empty. */
  #isStopped = false;
  /** Drops behind the last item of the queue; undefined = none. */
  #drops: DropCounter | undefined;
  #isRunning = false;
  #isClosed = false;

  constructor(run: TransformRun, owner: TransformOwner<M>) {
    this.#run = run;
    this.#owner = owner;
  }

  /** Name of the transform. */
  get name(): string {
    return this.#run.name;
  }

  /** Whether the queue is less than half full. */
  get hasRoom(): boolean {
    return this.#records < WAITING_RECORDS_MAX / 2 &&
      this.#characters < WAITING_CHARACTERS_MAX / 2;
  }

  /** Whether a record fits. */
  get fits(): boolean {
    return !this.#isStopped && this.#records < WAITING_RECORDS_MAX &&
      this.#characters < WAITING_CHARACTERS_MAX;
  }

  /** Counts a record that does not fit, to be reported where it is missing. */
  drop(type: number, book: string | undefined): void {
    if (this.#isClosed) return;
    this.#isStopped = true;
    if (this.#drops === undefined) {
      const drops = this.#drops = new DropCounter();
      this.#waiting.push(() => {
        if (this.#drops === drops) this.#drops = undefined;
        this.#owner.onTransformDropped(drops);
      });
    }
    this.#drops.add(type, book);
  }

  /** Adds a record. */
  add(text: string, meta: M): void {
    if (this.#isClosed) return;
    this.#waiting.push({ text, meta });
    this.#records++;
    this.#characters += text.length;
    void this.#work();
  }

  /** Sends after the waiting records: at once when there are none. */
  sendInTurn(send: () => void): void {
    this.#drops = undefined;
    if (this.#isClosed || this.#waiting.length === 0 && !this.#isRunning) send();
    else this.#waiting.push(send);
  }

  /** Discards waiting records and ends the transform. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#run.close();
  }

  async #work(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#waiting.length > 0 && !this.#isClosed) await this.#runBatch();
    } catch (error) {
      if (!(error instanceof SsmdError)) throw error;
      if (!this.#isClosed) this.#end(error);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Sends waiting messages that are not records; records can be resumed from their position. */
  #end(error: SsmdError): void {
    const rest = this.#waiting;
    this.close();
    for (const each of rest) if (typeof each === "function") each();
    this.#owner.onTransformEnded(error);
  }

  async #runBatch(): Promise<void> {
    const batch: WaitingRecord<M>[] = [];
    let characters = 0;
    let taken = 0;
    for (const each of this.#waiting) {
      if (typeof each === "function") break;
      batch.push(each);
      characters += each.text.length;
      taken++;
      if (batch.length >= BATCH_RECORDS_MAX || characters >= BATCH_CHARACTERS_MAX) break;
    }
    const hadRoom = this.hasRoom;
    this.#waiting.splice(0, taken);
    if (batch.length > 0) {
      const outputs = await this.#run.run(batch.map(({ text }) => text));
      this.#records -= batch.length;
      this.#characters -= characters;
      batch.forEach((each, i) => this.#send(each, outputs[i] as TransformOutput));
    }
    while (typeof this.#waiting[0] === "function") (this.#waiting.shift() as () => void)();
    if (hadRoom || !this.hasRoom) return;
    this.#isStopped = false;
    this.#drops = undefined;
    this.#owner.onTransformRoom();
  }

  #send({ text, meta }: WaitingRecord<M>, output: TransformOutput): void {
    if (this.#isClosed || "skip" in output) return;
    const { type: of, symbol, feed, seq, pos } = JSON.parse(text) as Record<string, unknown>;
    const head = { type: "transformed", transform: this.name, of, symbol, feed, seq, pos };
    this.#owner.onTransformed(JSON.stringify({ ...head, ...output }), meta);
  }
}
