import type { TransformOutput } from "@ssmd/market";
import { jsonFrame, SandboxProcess } from "@ssmd/sandbox";
import { z } from "zod";
import { FROM_HOST, TO_HOST } from "../host/frames.ts";
import type { CompiledTransform } from "../source/compile_transform.ts";
import { luaFiles } from "./lua_package.ts";

const HERE = new URL("../host/", import.meta.url);
/** Data limit of a process, KB; Deno does not start with less than 600,000. */
const DATA_KB_MAX = 700_000;
const HEAP_MB_MAX = 64;
/** Maximum resident memory after a batch, bytes. */
const RSS_BYTES_MAX = 256 * 1024 * 1024;
/** Lower priority than services. */
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

/** Limits of processor time, ms. */
export interface TransformLimits {
  /** Per batch; default 500. */
  batchMs: number;
  /** For loading; default 20,000. */
  startMs: number;
}

const LIMITS: TransformLimits = { batchMs: 500, startMs: 20_000 };

/**
 * One process that runs one transform for one caller, so callers share no state. Calls must not
 * overlap.
 */
export class TransformProcess {
  readonly #process: SandboxProcess;
  readonly #limits: TransformLimits;
  /** Total evaluation time of its batches, µs. */
  costUs = 0;

  private constructor(process: SandboxProcess, limits: TransformLimits) {
    this.#process = process;
    this.#limits = limits;
  }

  /** Starts a process with a transform. Throws SandboxFailure, `SANDBOX_FAILED` for bad code. */
  static async start(
    { language, code }: CompiledTransform,
    limits: Partial<TransformLimits> = {},
  ): Promise<TransformProcess> {
    const process = new SandboxProcess({
      ...{ name: "process of a transform", importMap: pathOf("import_map.json") },
      ...{ dataKbMax: DATA_KB_MAX, heapMbMax: HEAP_MB_MAX, niceness: NICENESS },
      ...language === "lua"
        ? await luaEntry()
        : { entry: pathOf("javascript.ts"), compiled: "transform" },
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

  /** Returns one output per record. Throws SandboxFailure; the process is then gone. */
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

  /** Kills the process and waits until it is gone. */
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

/** Returns an entry module that imports the package files, which the process may not read. */
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
