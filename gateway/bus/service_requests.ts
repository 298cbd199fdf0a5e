import { TransportError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Answer of a service: the result or an error. */
type ServiceAnswer = { ok: true } | { ok: false; code: string; message: string; hint: string };

/** Options of {@linkcode ServiceRequests}. */
interface ServiceRequestsOptions {
  transport: Transport;
  subject: string;
  /** Timeout of an answer, ms. */
  answerMsMax: number;
  /** Returns the error when there is no answer. */
  away: () => Problem;
  /** Returns the HTTP status of a service's error code. */
  statusOf: (code: string) => number;
}

/** Sends JSON requests to a service over the bus; maps its errors to HTTP problems. */
export class ServiceRequests<Answer extends ServiceAnswer> {
  readonly #options: ServiceRequestsOptions;

  constructor(options: ServiceRequestsOptions) {
    this.#options = options;
  }

  /** `request` is JSON. Throws {@linkcode Problem}: `away` without an answer, or the service's. */
  async ask(request: string): Promise<Extract<Answer, { ok: true }>> {
    const answer: ServiceAnswer = await this.#answer(ENCODER.encode(request));
    if (answer.ok) return answer as Extract<Answer, { ok: true }>;
    const { code, message, hint } = answer;
    throw new Problem(code, message, { status: this.#options.statusOf(code), hint });
  }

  async #answer(payload: Uint8Array): Promise<Answer> {
    const { transport, subject, answerMsMax, away } = this.#options;
    try {
      const bytes = await transport.request(subject, payload, answerMsMax);
      return JSON.parse(DECODER.decode(bytes)) as Answer;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw away();
    }
  }
}
