import {
  type TransformInfo,
  type TransformOutput,
  type TransformsAnswer,
  type TransformsDone,
  transformsSubject,
} from "@ssmd/market";
import { TransportError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";

/** A start on a loaded machine takes long; what a batch may use is bounded by its service. */
const ANSWER_MS_MAX = 60_000;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const STATUSES: Readonly<Record<string, number>> = {
  TRANSFORM_UNKNOWN: 404,
  ...{ TRANSFORMS_BUSY: 503, TRANSFORM_RESTS: 503, TRANSFORM_QUARANTINED: 503 },
  TRANSFORM_SESSION_ENDED: 503,
};

/** A transform that runs for one caller, in a process of its own. */
export interface TransformRun {
  readonly name: string;
  /** Outputs of records, which are given as their JSON. Throws {@linkcode Problem}. */
  run(records: readonly string[]): Promise<readonly TransformOutput[]>;
  /** Ends it; what cannot be told ends by itself. */
  close(): void;
}

/** Asks the service of transforms of an environment. */
export class TransformsClient {
  readonly #transport: Transport;
  readonly #subject: string;

  constructor(transport: Transport, env: string) {
    this.#transport = transport;
    this.#subject = transformsSubject(env);
  }

  /** The stored transforms. Throws {@linkcode Problem}: 503 where nobody answers. */
  async list(): Promise<readonly TransformInfo[]> {
    return (await this.#ask(JSON.stringify({ action: "list" }))).transforms ?? [];
  }

  /** Starts one for a caller. Throws {@linkcode Problem}: 404 for one that is not there. */
  async open(name: string, caller: string): Promise<TransformRun> {
    let session = await this.#open(name, caller);
    const run = async (records: readonly string[]) => {
      const ask = () =>
        `{"action":"run","session":${JSON.stringify(session)},"records":[${records.join(",")}]}`;
      try {
        return outputsOf(await this.#ask(ask()), records.length);
      } catch (error) {
        // It was not used for long, or its service began anew.
        if (!(error instanceof Problem) || error.code !== "TRANSFORM_SESSION_ENDED") throw error;
        session = await this.#open(name, caller);
        return outputsOf(await this.#ask(ask()), records.length);
      }
    };
    const close = () =>
      void this.#ask(JSON.stringify({ action: "close", session })).catch(() => {});
    return { name, run, close };
  }

  async #open(name: string, caller: string): Promise<string> {
    return (await this.#ask(JSON.stringify({ action: "open", name, caller }))).session ?? "";
  }

  async #ask(request: string): Promise<TransformsDone> {
    const answer = await this.#answer(ENCODER.encode(request));
    if (answer.ok) return answer;
    const { code, message, hint } = answer;
    throw new Problem(code, message, { status: STATUSES[code] ?? 400, hint });
  }

  async #answer(payload: Uint8Array): Promise<TransformsAnswer> {
    try {
      const bytes = await this.#transport.request(this.#subject, payload, ANSWER_MS_MAX);
      return JSON.parse(DECODER.decode(bytes)) as TransformsAnswer;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw new Problem("TRANSFORMS_AWAY", "No service of transforms answers", {
        status: 503,
        hint: "`ssmd up` runs them; beside NATS the signals program does: deno task signals",
      });
    }
  }
}

function outputsOf({ outputs = [] }: TransformsDone, count: number): readonly TransformOutput[] {
  if (outputs.length === count) return outputs;
  throw new Problem("TRANSFORMS_AWAY", `${outputs.length} outputs came of ${count} records`, {
    status: 503,
    hint: "Gateway and the service of transforms are of different versions",
  });
}
