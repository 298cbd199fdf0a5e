import {
  type TransformInfo,
  type TransformOutput,
  type TransformsDone,
  type TransformsRequest,
  transformsSubject,
} from "@ssmd/market";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";
import { ServiceRequests } from "./service_requests.ts";

/** Starting on a loaded machine is slow; the service itself bounds the work of a batch. */
const ANSWER_MS_MAX = 60_000;
const away = () =>
  new Problem("TRANSFORMS_AWAY", "No service of transforms answers", {
    status: 503,
    hint: "`ssmd up` runs them; beside NATS the signals program does: deno task signals",
  });
const STATUSES: Readonly<Record<string, number>> = {
  TRANSFORM_UNKNOWN: 404,
  ...{ TRANSFORMS_BUSY: 503, TRANSFORM_RESTS: 503, TRANSFORM_QUARANTINED: 503 },
  TRANSFORM_SESSION_ENDED: 503,
};

/** A transform session of one caller, in its own process. */
export interface TransformRun {
  readonly name: string;
  /** Returns the outputs of records, given as JSON. Throws {@linkcode Problem}. */
  run(records: readonly string[]): Promise<readonly TransformOutput[]>;
  /** Ends the session, which times out if this message is lost. */
  close(): void;
}

/** Sends requests to the transform service of an environment. */
export class TransformsClient {
  readonly #requests: ServiceRequests<TransformsRequest, TransformsDone>;

  constructor(transport: Transport, env: string) {
    this.#requests = new ServiceRequests(transport, {
      ...{ subject: transformsSubject(env), answerMsMax: ANSWER_MS_MAX, away },
      statusOf: (code) => STATUSES[code] ?? 400,
    });
  }

  /** Returns the stored transforms. Throws {@linkcode Problem}: 503 without an answer. */
  async list(): Promise<readonly TransformInfo[]> {
    return (await this.#requests.ask({ action: "list" })).transforms ?? [];
  }

  /**
   * Opens a session for a caller; `isReusable` = its process may have run for the caller before.
   * Throws {@linkcode Problem}: 404 for an unknown transform.
   */
  async open(
    name: string,
    caller: string,
    { isReusable = false }: { isReusable?: boolean } = {},
  ): Promise<TransformRun> {
    const open = async () =>
      (await this.#requests.ask({ action: "open", name, caller, isReusable })).session ?? "";
    let session = await open();
    const run = async (records: readonly string[]) => {
      const ask = () =>
        `{"action":"run","session":${JSON.stringify(session)},"records":[${records.join(",")}]}`;
      try {
        return outputsOf(await this.#requests.askJson(ask()), records.length);
      } catch (error) {
        // The session timed out, or the service restarted.
        if (!(error instanceof Problem) || error.code !== "TRANSFORM_SESSION_ENDED") throw error;
        session = await open();
        return outputsOf(await this.#requests.askJson(ask()), records.length);
      }
    };
    const close = () => void this.#requests.ask({ action: "close", session }).catch(() => {});
    return { name, run, close };
  }
}

function outputsOf({ outputs = [] }: TransformsDone, count: number): readonly TransformOutput[] {
  if (outputs.length === count) return outputs;
  throw new Problem("TRANSFORMS_AWAY", `${outputs.length} outputs came of ${count} records`, {
    status: 503,
    hint: "Gateway and the service of transforms are of different versions",
  });
}
