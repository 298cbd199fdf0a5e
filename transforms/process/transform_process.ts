import type { TransformOutput } from "@ssmd/market";
import { jsonFrame, SandboxProcess } from "@ssmd/sandbox";
import { z } from "zod";
import { FROM_HOST, TO_HOST } from "../host/frames.ts";
import type { CompiledTransform } from "../source/compile_transform.ts";
import { luaFiles } from "./lua_package.ts";

const HERE = new URL("../host/", import.meta.url);
/** Kilobytes of data that the system gives a process: with less than 600,000 Deno does not start. */
const DATA_KB_MAX = 700_000;
const HEAP_MB_MAX = 64;
/** Resident bytes after a batch. */
const RSS_BYTES_MAX = 256 * 1024 * 1024;
/** It stands back for whoever serves others. */
const NICENESS = 10;
const ERROR_CHARS_MAX = 500;

const OUTPUT = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ json: z.unknown() }),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ skip: z.literal(true) }),
  z.strictObject({ error: z.string().transform((text) => text.slice(0, ERROR_CHARS_MAX)) }),
]);
const DONE = z.strictObject({ outputs: z.array(OUTPUT), costUs: z.number(), rssBytes: z.number() });
const FAILED = z.strictObject({ message: z.string() });

/** Processor time that a process may use, ms. */
export interface TransformLimits {
  /** Of a batch; default 500. */
  batchMs: number;
  /** Until it is loaded; default 20,000. */
  startMs: number;
}

const LIMITS: TransformLimits = { batchMs: 500, startMs: 20_000 };

/**
 * One process that runs one transform for one caller, and so holds nothing of another one. Calls
 * must not overlap.
 */
export class TransformProcess {
  readonly #process: SandboxProcess;
  readonly #limits: TransformLimits;
  /** Time that its batches took, µs. */
  costUs = 0;

  private constructor(process: SandboxProcess, limits: TransformLimits) {
    this.#process = process;
    this.#limits = limits;
  }

  /** Starts it with a transform. Throws SandboxFailure, `SANDBOX_FAILED` for bad code. */
  static async start(
    { language, code }: CompiledTransform,
    limits: Partial<TransformLimits> = {},
  ): Promise<TransformProcess> {
    const process = new SandboxProcess({
      ...{ name: "process of a transform", importMap: pathOf("import_map.json") },
      ...{ dataKbMax: DATA_KB_MAX, heapMbMax: HEAP_MB_MAX, niceness: NICENESS },
      ...language === "lua" ? await luaEntry() : { entry: pathOf("javascript.ts") },
    });
    const started = new TransformProcess(process, { ...LIMITS, ...limits });
    try {
      await started.#request(TO_HOST.load, { code }, started.#limits.startMs);
      return started;
    } catch (error) {
      await process.kill();
      throw error;
    }
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Outputs of records, one of each. Throws SandboxFailure; then it is gone. */
  async run(records: readonly unknown[]): Promise<TransformOutput[]> {
    const body = await this.#request(TO_HOST.run, records, this.#limits.batchMs);
    const { outputs, costUs, rssBytes } = this.#process.parse(DONE, body);
    if (outputs.length !== records.length) {
      throw this.#process.end("SANDBOX_NONSENSE", `${outputs.length} outputs of ${records.length}`);
    }
    if (rssBytes > RSS_BYTES_MAX) {
      throw this.#process.end("SANDBOX_MEMORY", `holds ${rssBytes} bytes`);
    }
    this.costUs += costUs;
    return outputs;
  }

  /** Ends it and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async #request(kind: number, value: unknown, timeoutMs: number): Promise<Uint8Array> {
    this.#process.send(jsonFrame(kind, value));
    const answer = await this.#process.nextAnswer(timeoutMs);
    if (answer.kind === FROM_HOST.failed) {
      const { message } = this.#process.parse(FAILED, answer.body);
      throw this.#process.end("SANDBOX_FAILED", message.slice(0, ERROR_CHARS_MAX));
    }
    return answer.body;
  }
}

/** A module that imports what the process may not: it lies in the cache of packages. */
async function luaEntry() {
  const { code, glue } = await luaFiles();
  const module = `
    import code from ${JSON.stringify(code)} with { type: "text" };
    import glue from ${JSON.stringify(glue)} with { type: "bytes" };
    import { serveLua } from ${JSON.stringify(new URL("lua.ts", HERE).href)};
    await serveLua({ code, glue });`;
  const entry = `data:text/javascript,${encodeURIComponent(module)}`;
  return { entry, flags: ["--unstable-raw-imports"] };
}

function pathOf(name: string): string {
  return new URL(name, HERE).pathname;
}
