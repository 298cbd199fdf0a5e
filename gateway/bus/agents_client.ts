import { type AgentsAnswer, type AgentsRequest, agentsSubject } from "@ssmd/market";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";
import { ServiceRequests } from "./service_requests.ts";

/** Timeout; a check runs its signal many times. */
const ANSWER_MS_MAX = 60_000;
const away = () =>
  new Problem("AGENTS_AWAY", "No agents answer", {
    status: 503,
    hint: "Name a model under agents in the environment's file, and start it with ssmd up",
  });

/** Sends requests to the agents of an environment. */
export class AgentsClient {
  #requests: ServiceRequests<AgentsAnswer>;

  constructor(transport: Transport, env: string) {
    this.#requests = new ServiceRequests({
      ...{ transport, subject: agentsSubject(env), answerMsMax: ANSWER_MS_MAX, away },
      statusOf: (code) => code.endsWith("_UNKNOWN") ? 404 : code.endsWith("_EXISTS") ? 409 : 400,
    });
  }

  /** Throws {@linkcode Problem}: 503 without an answer, 404 for an unknown thread or signal. */
  ask(request: AgentsRequest): Promise<Extract<AgentsAnswer, { ok: true }>> {
    return this.#requests.ask(JSON.stringify(request));
  }
}
