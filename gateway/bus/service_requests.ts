import type { ServiceRefusal } from "@ssmd/market";
import { TransportError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Options of {@linkcode ServiceRequests}. */
interface ServiceRequestsOptions {
  subject: string;
  /** Timeout of an answer, ms. */
  answerMsMax: number;
  /** Returns the error when there is no answer. */
  away: () => Problem;
  /** Returns the HTTP status of a service's error code. */
  statusOf: (code: string) => number;
}

/** Sends JSON requests to a service over the bus; maps its errors to HTTP problems. */
export class ServiceRequests<Request, Done extends { ok: true }> {
  readonly #transport: Transport;
  readonly #options: ServiceRequestsOptions;

  constructor(transport: Transport, options: ServiceRequestsOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** Throws {@linkcode Problem}: `away` without an answer, or the service's. */
  ask(request: Request): Promise<Done> {
    return this.askJson(JSON.stringify(request));
  }

  /** As {@linkcode ask}, for a request that is JSON already. */
  async askJson(request: string): Promise<Done> {
    const answer = await this.#answer(ENCODER.encode(request));
    if (answer.ok) return answer;
    const { code, message, hint } = answer;
    throw new Problem(code, message, { status: this.#options.statusOf(code), hint });
  }

  async #answer(payload: Uint8Array): Promise<Done | ServiceRefusal> {
    const { subject, answerMsMax, away } = this.#options;
    try {
      const bytes = await this.#transport.request(subject, payload, answerMsMax);
      return JSON.parse(DECODER.decode(bytes));
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      throw away();
    }
  }
}
