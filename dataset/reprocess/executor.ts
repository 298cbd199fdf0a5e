import type { Venue } from "@ssmd/exchanges";
import { SsmdError } from "@ssmd/runtime";
import type { Storage, StorageConfig } from "@ssmd/storage";
import { type SealResult, type SealTask, sealType } from "./seal_type.ts";
import { translateDay, type TranslateResult, type TranslateTask } from "./translate_day.ts";

/** Runs the tasks of a reprocess, in this thread or in workers. */
export interface Executor {
  /** Number of concurrent tasks. */
  readonly width: number;
  translate(task: TranslateTask): Promise<TranslateResult>;
  seal(task: SealTask): Promise<SealResult>;
  close(): Promise<void>;
}

/** Message to a worker. */
export type WorkerTask =
  | { kind: "translate"; task: TranslateTask }
  | { kind: "seal"; task: SealTask };

/** Message from a worker. */
export type WorkerAnswer =
  | { ok: true; result: TranslateResult | SealResult }
  | { ok: false; error: { code: string; message: string; hint: string } };

/** Returns an executor in this thread, one task at a time: each may fill its buffers. */
export function inlineExecutor(
  storage: Storage,
  venues?: Readonly<Record<string, Venue>>,
): Executor {
  let last: Promise<unknown> = Promise.resolve();
  const after = <T>(task: () => Promise<T>): Promise<T> => {
    const done = last.then(task);
    last = done.catch(() => {});
    return done;
  };
  return {
    width: 1,
    translate: (task) => after(() => translateDay(storage, task, venues)),
    seal: (task) => after(() => sealType(storage, task)),
    close: () => Promise.resolve(),
  };
}

interface Waiting {
  task: WorkerTask;
  resolve: (result: TranslateResult | SealResult) => void;
  reject: (error: unknown) => void;
}

/** Returns an executor with `width` worker threads, FIFO; each opens its own storage. */
export function workerExecutor(config: StorageConfig, width: number): Executor {
  return new WorkerExecutor(config, width);
}

class WorkerExecutor implements Executor {
  readonly width: number;
  #workers: Worker[] = [];
  #idle: Worker[] = [];
  #busy = new Map<Worker, Waiting>();
  #waiting: Waiting[] = [];

  constructor(config: StorageConfig, width: number) {
    this.width = width;
    for (let i = 0; i < width; i++) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url).href, { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => this.#answered(worker, data);
      worker.onerror = (event) => {
        event.preventDefault();
        const error = { code: "WORKER_FAILED", message: event.message, hint: "" };
        this.#answered(worker, { ok: false, error });
      };
      worker.postMessage(config);
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  translate(task: TranslateTask): Promise<TranslateResult> {
    return this.#give({ kind: "translate", task }) as Promise<TranslateResult>;
  }

  seal(task: SealTask): Promise<SealResult> {
    return this.#give({ kind: "seal", task }) as Promise<SealResult>;
  }

  close(): Promise<void> {
    for (const worker of this.#workers) worker.terminate();
    return Promise.resolve();
  }

  #give(task: WorkerTask): Promise<TranslateResult | SealResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const worker = this.#idle.pop() as Worker;
      const waiting = this.#waiting.shift() as Waiting;
      this.#busy.set(worker, waiting);
      worker.postMessage(waiting.task);
    }
  }

  #answered(worker: Worker, answer: WorkerAnswer): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    this.#idle.push(worker);
    if (answer.ok) waiting?.resolve(answer.result);
    else {
      const { code, message, hint } = answer.error;
      waiting?.reject(new SsmdError(code, message, { hint }));
    }
    this.#next();
  }
}
