import { type Logger, messageOf } from "@ssmd/runtime";
import { errors, headers, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { answeredTooLate, answerFailed, nobodyAnswers } from "./errors.ts";
import type { Subscription } from "./transport.ts";

/** Outside the environment's subjects, as the stream would acknowledge requests itself. */
const REQUEST_PREFIX = "ssmd-request";
const FAILED_HEADER = "Ssmd-Request-Error";

/** Requests and answers between the processes of an environment on NATS. */
export class NatsRequests {
  #connection: NatsConnection;
  #env: string;
  #logger: Logger;

  constructor(connection: NatsConnection, env: string, logger: Logger) {
    this.#connection = connection;
    this.#env = env;
    this.#logger = logger;
  }

  /** Answers requests on `subject`; what `answer` throws is sent to whoever asked. */
  respond(
    subject: string,
    answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ): Subscription {
    return this.#connection.subscribe(this.#subjectOf(subject), {
      callback: (error, message) => {
        if (error === null) void this.#answer(message, answer);
        else this.#logger.error("requests are not received", { subject, error });
      },
    });
  }

  /** Asks whoever answers `subject`. Throws TransportError when nobody does, or not in time. */
  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    let answer: Msg;
    try {
      answer = await this.#connection.request(this.#subjectOf(subject), payload, {
        timeout: Math.max(1, timeoutMs),
      });
    } catch (error) {
      if (error instanceof errors.TimeoutError) throw answeredTooLate(subject, timeoutMs);
      if (error instanceof errors.RequestError && error.isNoResponders()) {
        throw nobodyAnswers(subject);
      }
      throw answerFailed(subject, error);
    }
    const failure = answer.headers?.get(FAILED_HEADER) ?? "";
    if (failure !== "") throw answerFailed(subject, failure);
    return answer.data;
  }

  async #answer(
    message: Msg,
    answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ): Promise<void> {
    let respond: () => void;
    try {
      const data = await answer(message.data);
      respond = () => message.respond(data);
    } catch (error) {
      this.#logger.error("a request was answered with an error", { error });
      const failed = headers();
      failed.set(FAILED_HEADER, messageOf(error).replaceAll(/\s+/g, " "));
      respond = () => message.respond(new Uint8Array(), { headers: failed });
    }
    if (!this.#connection.isClosed()) respond();
  }

  #subjectOf(subject: string): string {
    return `${REQUEST_PREFIX}.${this.#env}.${subject}`;
  }
}
