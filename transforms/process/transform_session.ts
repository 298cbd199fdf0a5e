import { setTimeout as delay } from "node:timers/promises";
import type { TransformOutput } from "@ssmd/market";
import { SsmdError } from "@ssmd/runtime/errors";
import { SandboxFailure } from "@ssmd/sandbox";
import type { CompiledTransform } from "../source/compile_transform.ts";
import { type TransformLimits, TransformProcess } from "./transform_process.ts";

/** Window, ms, in which too many process failures stop restarts. */
const ENDS_WITHIN_MS = 60_000;
const ENDS_MAX = 3;
const BACK_OFF_MS = 100;

/** Options of a session. */
export interface SessionOptions {
  limits?: Partial<TransformLimits>;
  /** Called when the transform ended its process. */
  onEnd?: (failure: SandboxFailure) => void;
}

/**
 * A transform for one caller, in its own process. When the process ends, the batch's records become
 * errors; it restarts with growing delays, and not at all after three ends in a minute. Calls must
 * not overlap.
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

  /** Starts the process. Throws SsmdError `TRANSFORM_FAILED` for a transform that does not load. */
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
        hint: "Correct it, then run ssmd transform test to see its outputs",
        cause: error,
      });
    }
  }

  /** Evaluation time in the current process, µs. */
  get costUs(): number {
    return this.#process?.costUs ?? 0;
  }

  /**
   * Returns one output per record; errors where the process ended. Throws SsmdError
   * `TRANSFORM_QUARANTINED` after too many ends.
   */
  async run(records: readonly unknown[]): Promise<TransformOutput[]> {
    this.#assertRuns();
    try {
      this.#process ??= await this.#restart();
      return await this.#process.run(records);
    } catch (error) {
      if (!(error instanceof SandboxFailure)) throw error;
      await this.#noteEnd(error);
      const text = `the transform failed: ${why(error)}`;
      return records.map(() => ({ error: text }));
    }
  }

  /** Closes the session and its process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#process?.kill();
    this.#process = undefined;
  }

  #assertRuns(): void {
    const sinceMs = performance.now() - ENDS_WITHIN_MS;
    this.#endedAtMs = this.#endedAtMs.filter((atMs) => atMs > sinceMs);
    if (this.#endedAtMs.length < ENDS_MAX && !this.#isClosed) return;
    throw new SsmdError("TRANSFORM_QUARANTINED", `"${this.name}" exceeded its limits too often`, {
      hint: "It loops or needs too much memory; ssmd transform test shows which records cause it",
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
    // An OOM kill counts too: the transform may have caused it.
    this.#endedAtMs.push(performance.now());
    this.#options.onEnd?.(failure);
  }
}

/** Returns the failure's reason without its process prefix. */
function why({ message }: SandboxFailure): string {
  return message.slice(message.indexOf(": ") + 2);
}
