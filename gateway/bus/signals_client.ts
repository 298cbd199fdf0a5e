import { type SignalsAnswer, type SignalsRequest, signalsSubject } from "@ssmd/market";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";
import { ServiceRequests } from "./service_requests.ts";

const ANSWER_MS_MAX = 15_000;
const STATUSES: Readonly<Record<string, number>> = { SIGNAL_UNKNOWN: 404, SIGNALS_WARMING: 503 };
const away = () =>
  new Problem("SIGNALS_AWAY", "No service of signals answers", {
    status: 503,
    hint: "Name signals in the environment's file; beside NATS, start it: deno task signals",
  });

/** Sends requests to the signals service of an environment. */
export class SignalsClient {
  #requests: ServiceRequests<SignalsAnswer>;

  constructor(transport: Transport, env: string) {
    this.#requests = new ServiceRequests({
      ...{ transport, subject: signalsSubject(env), answerMsMax: ANSWER_MS_MAX, away },
      statusOf: (code) => STATUSES[code] ?? 400,
    });
  }

  /** Throws {@linkcode Problem}: 503 without an answer, 404 for an unknown signal. */
  ask(request: SignalsRequest): Promise<Extract<SignalsAnswer, { ok: true }>> {
    return this.#requests.ask(JSON.stringify(request));
  }
}
