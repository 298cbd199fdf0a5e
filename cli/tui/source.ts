import { SsmdError } from "@ssmd/runtime";
import type { Command } from "../command/define.ts";
import { runCommand } from "../command/stricli_command.ts";
import type { SsmdContext } from "../context.ts";
import type { Row } from "../render.ts";
import {
  askGateway,
  type GatewayLocation,
  gatewayUrl,
  requestGateway,
} from "../client/running_gateway.ts";

/** Commands that the screen runs, by name. */
type Commands = Readonly<Record<string, () => Promise<{ default: Command }>>>;

/** Flags and arguments of a command besides `--env` and `--data`. */
type Given = Record<string, unknown> & { args?: readonly unknown[] };

/** Gateway shown on the screen; it may restart on another port. */
export class Source {
  /** Command context with `--yes`: the screen asks for confirmation itself. */
  readonly context: SsmdContext;
  readonly location: GatewayLocation;
  /** Start of the current outage, ms since 1970; undefined = the gateway answers. */
  awaySinceMs: number | undefined;
  /** Number of recoveries. */
  returns = 0;
  #base: string | undefined;
  #commands: Commands;

  constructor(context: SsmdContext, location: GatewayLocation, commands: Commands) {
    this.#commands = commands;
    const silent = { write: () => {} };
    this.context = {
      globals: { ...context.globals, quiet: true, yes: true },
      process: { ...context.process, stderr: silent },
    };
    this.location = location;
  }

  /** True when the gateway runs on this machine, so its data folder is accessible. */
  get isLocal(): boolean {
    return this.location.url === undefined;
  }

  /** Address of the gateway; "" when unknown. */
  get url(): string {
    return this.location.url ?? this.#base ?? "";
  }

  /** Requests JSON. Throws like {@linkcode askGateway}. */
  ask(method: "GET" | "POST", path: string): Promise<unknown> {
    return this.#watched(async (url) =>
      await askGateway(this.context, { ...this.location, url }, [method, path])
    );
  }

  /** Requests the text of `/metrics`; "" when access is denied. */
  metrics(): Promise<string> {
    return this.#watched(async (url) => {
      const response = await requestGateway(url, ["GET", "/metrics"]);
      const text = await response.text();
      return response.ok ? text : "";
    });
  }

  /** Runs a command; returns its value and its table rows. */
  async run(name: string, given: Given = {}): Promise<{ value: unknown; rows: readonly Row[] }> {
    const { env, data } = this.location;
    const { args = [], ...more } = given;
    const flags = { env, ...(data === undefined ? {} : { data }), ...more };
    const load = this.#commands[name];
    if (load === undefined) throw new RangeError(`no command "${name}"`);
    const { default: command } = await load();
    const value = await runCommand(command, { flags, args, context: this.context });
    const shown = command.table?.(value as never, flags as never);
    return { value, rows: shown !== undefined && "rows" in shown ? shown.rows : [] };
  }

  async #watched<T>(request: (url: string) => Promise<T>): Promise<T> {
    try {
      this.#base ??= this.location.url ?? await gatewayUrl(this.context.globals, this.location);
      const answer = await request(this.#base);
      if (this.awaySinceMs !== undefined) this.returns++;
      this.awaySinceMs = undefined;
      return answer;
    } catch (error) {
      if (error instanceof SsmdError && error.code === "GATEWAY_UNREACHABLE") {
        this.awaySinceMs ??= Date.now();
        // After a restart it may have another port.
        this.#base = undefined;
      }
      throw error;
    }
  }
}
