import { type SignalsAnswer, type SignalsRequest, signalsSubject } from "@ssmd/market";
import { TransportError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";

const ANSWER_MS_MAX = 15_000;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** What the service of signals says. */
type Answered = Extract<SignalsAnswer, { ok: true }>;

/** Asks the service of signals of an environment. */
export class SignalsClient {
  #transport: Transport;
  #subject: string;

  constructor(transport: Transport, env: string) {
    this.#transport = transport;
    this.#subject = signalsSubject(env);
  }

  /** Throws {@linkcode Problem}: 503 where nobody answers, 404 for a signal that is not there. */
  async ask(request: SignalsRequest): Promise<Answered> {
    const answer = await this.#answer(ENCODER.encode(JSON.stringify(request)));
    if (answer.ok) return answer;
    const { code, message, hint } = answer;
    throw new Problem(code, message, { status: code === "SIGNAL_UNKNOWN" ? 404 : 400, hint });
  }

  async #answer(payload: Uint8Array): Promise<SignalsAnswer> {
    try {
      const bytes = await this.#transport.request(this.#subject, payload, ANSWER_MS_MAX);
      return JSON.parse(DECODER.decode(bytes)) as SignalsAnswer;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw new Problem("SIGNALS_AWAY", "No service of signals answers", {
        status: 503,
        hint: "Name signals in the environment's file; beside NATS, start it: deno task signals",
      });
    }
  }
}
