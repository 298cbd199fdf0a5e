import { TransportError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { Problem } from "../http/problem.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** What a service says: what was asked for, or why not. */
type ServiceAnswer = { ok: true } | { ok: false; code: string; message: string; hint: string };

/** What is asked, and what its failures are. */
interface ServiceRequestsOptions {
  transport: Transport;
  subject: string;
  /** Longest wait for an answer, ms. */
  answerMsMax: number;
  /** Where nobody answers. */
  away: () => Problem;
  /** HTTP status of a code with which the service refuses. */
  statusOf: (code: string) => number;
}

/** Requests in JSON to a service behind the bus, whose refusals are problems of HTTP. */
export class ServiceRequests<Answer extends ServiceAnswer> {
  readonly #options: ServiceRequestsOptions;

  constructor(options: ServiceRequestsOptions) {
    this.#options = options;
  }

  /** `request` is JSON. Throws {@linkcode Problem}: `away` where nobody answers, else as it refuses. */
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
