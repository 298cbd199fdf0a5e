import { setTimeout as delay } from "node:timers/promises";
import type { TransformOutput } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime/errors";
import { SandboxFailure } from "@ssmd/sandbox";
import type { CompiledTransform } from "../source/compile_transform.ts";
import { type TransformLimits, TransformProcess } from "./transform_process.ts";

/** Ends of the process within so long, ms, after which it is not started again. */
const ENDS_WITHIN_MS = 60_000;
const ENDS_MAX = 3;
const BACK_OFF_MS = 100;

/** How a session runs. */
export interface SessionOptions {
  limits?: Partial<TransformLimits>;
  /** Called when its process ended by what the transform did. */
  onEnd?: (failure: SandboxFailure) => void;
}

/**
 * A transform for one caller, in a process of its own. The records of a batch in which the process
 * ends are errors; it is started again, later each time, and rests for good after three ends in a
 * minute. Calls must not overlap.
 */
export class TransformSession {
  readonly name: string;
  readonly #transform: CompiledTransform;
  readonly #options: SessionOptions;
  #process: TransformProcess | undefined;
  #endedAtMs: number[] = [];
  #isClosed = false;

  private constructor(transform: CompiledTransform, options: SessionOptions) {
    this.name = transform.name;
    this.#transform = transform;
    this.#options = options;
  }

  /** Starts its process. Throws SsmdError `TRANSFORM_FAILED` for a transform that does not load. */
  static async open(
    transform: CompiledTransform,
    options: SessionOptions = {},
  ): Promise<TransformSession> {
    const session = new TransformSession(transform, options);
    try {
      session.#process = await TransformProcess.start(transform, options.limits);
      return session;
    } catch (error) {
      if (!(error instanceof SandboxFailure)) throw error;
      throw new SsmdError("TRANSFORM_FAILED", `"${transform.name}" does not load: ${why(error)}`, {
        hint: "ssmd transform test shows what it does with records",
        cause: error,
      });
    }
  }

  /** Time that the batches of its process took, µs. */
  get costUs(): number {
    return this.#process?.costUs ?? 0;
  }

  /**
   * Outputs of records, one of each; errors where the process ended. Throws SsmdError
   * `TRANSFORM_QUARANTINED` once it ended too often.
   */
  async run(records: readonly unknown[]): Promise<TransformOutput[]> {
    this.#assertRuns();
    try {
      this.#process ??= await this.#restart();
      return await this.#process.run(records);
    } catch (error) {
      if (!(error instanceof SandboxFailure)) throw error;
      await this.#noteEnd(error);
      const text = `the transform did not come through: ${why(error)}`;
      return records.map(() => ({ error: text }));
    }
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#process?.kill();
    this.#process = undefined;
  }

  #assertRuns(): void {
    const sinceMs = performance.now() - ENDS_WITHIN_MS;
    this.#endedAtMs = this.#endedAtMs.filter((atMs) => atMs > sinceMs);
    if (this.#endedAtMs.length < ENDS_MAX && !this.#isClosed) return;
    throw new SsmdError("TRANSFORM_QUARANTINED", `"${this.name}" ended its process too often`, {
      hint: "It loops, or takes too much memory: ssmd transform test tells which records do it",
    });
  }

  async #restart(): Promise<TransformProcess> {
    await delay(BACK_OFF_MS * 2 ** this.#endedAtMs.length);
    return await TransformProcess.start(this.#transform, this.#options.limits);
  }

  async #noteEnd(failure: SandboxFailure): Promise<void> {
    const ended = this.#process;
    this.#process = undefined;
    await ended?.kill();
    // What the machine killed may have filled it: it counts, too.
    this.#endedAtMs.push(performance.now());
    this.#options.onEnd?.(failure);
  }
}

/** Why a process ended, without the words about the process. */
function why({ message }: SandboxFailure): string {
  return message.slice(message.indexOf(": ") + 2);
}
