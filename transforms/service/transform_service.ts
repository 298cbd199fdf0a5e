import {
  type TransformOutput,
  type TransformsDone,
  type TransformsRequest,
  transformsSubject,
} from "@ssmd/market";
import { type Logger, type Metrics, SsmdError } from "@ssmd/runtime";
import type { Subscription, Transport } from "@ssmd/transport";
import type { TransformLimits } from "../process/transform_process.ts";
import { compileTransform } from "../source/compile_transform.ts";
import { findTransform, infoOf, listTransforms } from "../source/transform_files.ts";
import { boundedOutputs, transformsResponder } from "./answers.ts";
import { Quarantine } from "./quarantine.ts";
import { OpenSessions, type SessionLimits } from "./open_sessions.ts";
import { TransformsMetrics } from "./transforms_metrics.ts";

/** Options of the transform service. */
export interface TransformServiceOptions {
  env: string;
  /** Registry folder, with the transforms below `transforms/`. */
  registryDir: string;
  transport: Transport;
  logger: Logger;
  metrics: Metrics;
  /** Processor time limits of a process. */
  limits?: Partial<TransformLimits>;
  /** Limits of concurrent processes. */
  sessions?: Partial<SessionLimits>;
}

/**
 * Runs transforms requested over the bus, each caller's in its own process, so the gateway starts
 * none. A harmful transform affects only its caller.
 */
export class TransformService {
  readonly #options: TransformServiceOptions;
  readonly #metrics: TransformsMetrics;
  readonly #sessions: OpenSessions;
  readonly #quarantine = new Quarantine();
  #subscription: Subscription | undefined;

  constructor(options: TransformServiceOptions) {
    this.#options = options;
    this.#metrics = new TransformsMetrics(options.metrics);
    this.#sessions = new OpenSessions({
      ...options.sessions,
      onCount: (count) => this.#metrics.sessions.set(count),
    });
  }

  /** Starts answering requests. Rejects with the transport's errors. */
  async start(): Promise<void> {
    const { transport, env } = this.#options;
    this.#subscription = await transport.respond(
      transformsSubject(env),
      transformsResponder((request) => this.#do(request)),
    );
  }

  /** Stops answering and ends all processes. */
  async close(): Promise<void> {
    this.#subscription?.unsubscribe();
    await this.#sessions.close();
  }

  async #do(request: TransformsRequest): Promise<TransformsDone> {
    switch (request.action) {
      case "list":
        return { ok: true, transforms: (await this.#stored()).map(infoOf) };
      case "open":
        return { ok: true, session: await this.#open(request) };
      case "run":
        return { ok: true, outputs: await this.#run(request) };
      case "close":
        await this.#sessions.release(request.session);
        return { ok: true };
    }
  }

  #stored() {
    return listTransforms(this.#options.registryDir);
  }

  async #open(
    { name, caller, isReusable = false }: TransformsRequest & { action: "open" },
  ): Promise<string> {
    this.#quarantine.assertAllowed(caller, name);
    const transform = compileTransform(await findTransform(this.#options.registryDir, name));
    return await this.#sessions.open(transform, { caller, isReusable }, {
      limits: this.#options.limits ?? {},
      onEnd: ({ code, message }) => {
        this.#metrics.ends.inc({ code });
        this.#options.logger.warn("the process of a transform ended", {
          ...{ transform: name, caller, code, error: message },
        });
      },
    });
  }

  async #run(
    { session: id, records }: { session: string; records: readonly unknown[] },
  ): Promise<TransformOutput[]> {
    const { session, caller } = this.#sessions.of(id);
    try {
      const outputs = boundedOutputs(await this.#sessions.inTurn(id, () => session.run(records)));
      this.#metrics.countOutputs(outputs);
      return outputs;
    } catch (error) {
      if (error instanceof SsmdError && error.code === "TRANSFORM_QUARANTINED") {
        this.#quarantine.add(caller, session.name);
        await this.#sessions.end(id);
      }
      throw error;
    }
  }
}
