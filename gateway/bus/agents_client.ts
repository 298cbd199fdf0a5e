import { type AgentsAnswer, type AgentsRequest, agentsSubject } from "@ssmd/market";
import { TransportError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";

/** Checks of a signal run it many times. */
const ANSWER_MS_MAX = 60_000;

/** Asks the agents of an environment. */
export class AgentsClient {
  #transport: Transport;
  #subject: string;

  constructor(transport: Transport, env: string) {
    this.#transport = transport;
    this.#subject = agentsSubject(env);
  }

  /** Throws {@linkcode Problem}: 503 where nobody answers, 404 for a thread or signal that is not there. */
  async ask(request: AgentsRequest): Promise<Extract<AgentsAnswer, { ok: true }>> {
    const answer = await this.#answer(new TextEncoder().encode(JSON.stringify(request)));
    if (answer.ok) return answer;
    const { code, message, hint } = answer;
    const status = code.endsWith("_UNKNOWN") ? 404 : code.endsWith("_EXISTS") ? 409 : 400;
    throw new Problem(code, message, { status, hint });
  }

  async #answer(payload: Uint8Array): Promise<AgentsAnswer> {
    try {
      const bytes = await this.#transport.request(this.#subject, payload, ANSWER_MS_MAX);
      return JSON.parse(new TextDecoder().decode(bytes)) as AgentsAnswer;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw new Problem("AGENTS_AWAY", "No agents answer", {
        status: 503,
        hint: "Name a model under agents in the environment's file, and start it with ssmd up",
      });
    }
  }
}
