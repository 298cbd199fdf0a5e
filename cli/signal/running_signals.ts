import { z } from "zod";
import { SIGNAL_STATES } from "@ssmd/market";
import { dataDirOf, ENVIRONMENT_FILE } from "@ssmd/metadata";
import { isoOfUs, messageOf, runningProcesses } from "@ssmd/runtime";
import { askGateway, GATEWAY_FLAGS, type GatewayLocation } from "../client/running_gateway.ts";
import { notice, type SsmdContext } from "../context.ts";
import { text } from "../command/flag.ts";
import { Registry } from "../registry/registry.ts";

/** Flags of the environment whose running signals are shown. */
export const RUNNING_FLAGS = {
  ...GATEWAY_FLAGS,
  env: text("Environment in which they run; default: the one that runs on this machine", {
    placeholder: "env",
    completes: "environment",
  }),
};

/** State of a signal in a running environment. */
export const RUNNING = z.object({
  env: z.string(),
  state: z.enum(SIGNAL_STATES),
  why: z.string().describe("Why it does not run, or what it waits for before it can fire"),
  is_current: z.boolean().describe("Whether the code is that of the file; signal deploy makes it"),
  fires: z.int().nullable().describe("Since the start of the signals' service; null = not for you"),
  errors: z.int().nullable().describe("Markets for which it threw"),
  last_fire: z.string().nullable().describe("ISO 8601; null = none"),
}).nullable().describe("null = its environment names it not, or none was asked");

const ANSWER = z.object({
  signals: z.array(z.object({
    id: z.string(),
    state: z.enum(SIGNAL_STATES),
    why: z.string(),
    source_hash: z.string(),
    fires: z.int().nullable(),
    errors: z.int().nullable(),
    last_fire: z.number().nullable(),
  })),
});

type Location = Partial<GatewayLocation>;

/** Signals as the gateway of an environment tells them; none when there is none to ask. */
export class RunningSignals {
  readonly #env: string;
  readonly #signals: z.output<typeof ANSWER>["signals"];

  private constructor(env: string, signals: z.output<typeof ANSWER>["signals"]) {
    this.#env = env;
    this.#signals = signals;
  }

  /**
   * Asks the environment that the flags name. Without them it asks the one that runs on this
   * machine, and an error of its gateway is a notice. Throws as `askGateway`.
   */
  static async ask(asking: SsmdContext, flags: Location): Promise<RunningSignals> {
    // Files are found without a registry; an environment may run of the one that is shipped.
    const context = { ...asking, globals: { ...asking.globals, shippedRegistry: true } };
    const { env = "demo" } = flags;
    const isNamed = flags.env !== undefined || flags.url !== undefined || flags.data !== undefined;
    if (isNamed) return await RunningSignals.#of(context, { ...flags, env });
    const found = await locationOf(context);
    if (found === undefined) return new RunningSignals("", []);
    try {
      return await RunningSignals.#of(context, found);
    } catch (error) {
      notice(context, `How signals run in ${found.env} is unknown: ${messageOf(error)}`);
      return new RunningSignals("", []);
    }
  }

  static async #of(context: SsmdContext, location: GatewayLocation): Promise<RunningSignals> {
    const answer = await askGateway(context, location, ["GET", "/v1/signals"]);
    return new RunningSignals(location.env, ANSWER.parse(answer).signals);
  }

  /** Returns how a signal runs, compared with the hash of its file's source. */
  stateOf(id: string, sourceHash: string | undefined): z.output<typeof RUNNING> {
    const found = this.#signals.find((signal) => signal.id === id);
    if (found === undefined) return null;
    const { state, why, source_hash, fires, errors, last_fire } = found;
    return {
      ...{ env: this.#env, state, why, is_current: source_hash === sourceHash, fires, errors },
      last_fire: last_fire === null ? null : isoOfUs(Math.round(last_fire * 1000)),
    };
  }
}

/** Location of the only environment that runs on this machine; undefined = none, or several. */
async function locationOf(context: SsmdContext): Promise<GatewayLocation | undefined> {
  const registry = await Registry.open(context.globals).catch(() => undefined);
  const found: GatewayLocation[] = [];
  for (const environment of registry?.all("environment", ENVIRONMENT_FILE) ?? []) {
    const { name: env } = environment;
    const [running] = await runningProcesses(dataDirOf(environment), env);
    if (running !== undefined) found.push({ env, url: running.url });
  }
  if (found.length > 1) {
    const names = found.map(({ env }) => env).join(", ");
    notice(context, `Several environments run: ${names}. Name one with --env to see its signals`);
  }
  return found.length === 1 ? found[0] : undefined;
}

/** Text of a running state in a table. */
export function whyText(running: z.output<typeof RUNNING>): string | null {
  if (running === null) return null;
  const changed = running.is_current ? "" : "runs other code than its file's";
  return [running.why, changed].filter((part) => part !== "").join("; ") || null;
}
