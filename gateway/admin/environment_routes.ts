import {
  capturedEnvironment,
  type Environment,
  type EnvironmentChange,
  environmentChange,
  environmentRevision,
  loadEnvironment,
  tellChoice,
} from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { z } from "zod";
import { Problem } from "../http/problem.ts";
import { json } from "../http/reply.ts";
import { type Route, route } from "../http/route.ts";
import type { MarketSpec } from "../state/market_data.ts";

/** Options of {@linkcode environmentRoutes}. */
interface EnvironmentRouteOptions {
  /** Environment at the start. */
  environment: Environment;
  /** Registry folder. */
  registryDir: string;
  transport: Transport;
  /** Adds markets before their first record. */
  addMarkets: (markets: readonly MarketSpec[]) => void;
}

/** Changes applied, or shown by a dry run. */
const APPLIED = z.strictObject({
  environment: z.string(),
  dry_run: z.boolean(),
  added: z.array(z.string()).describe("Markets added to the capture."),
  taken_off: z.array(z.string()).describe("Markets removed from the capture."),
  changed: z.array(z.string()).describe("Markets with a changed subscription."),
  other_rules: z.boolean().describe("Whether the rules that select markets changed."),
});

/** Difference between the running environment and its file. */
const DRIFT = z.strictObject({
  environment: z.string(),
  running_revision: z.string().describe("Hash of the running settings: 12 hex digits."),
  file_revision: z.string().describe("Hash of the current file; the same = no drift."),
  ...{ added: APPLIED.shape.added, taken_off: APPLIED.shape.taken_off },
  ...{ changed: APPLIED.shape.changed, other_rules: APPLIED.shape.other_rules },
  needs_restart: z.array(z.string()).describe("Other fields that differ."),
});

/** Returns the routes that compare the environment with its file and apply market changes live. */
export function environmentRoutes(options: EnvironmentRouteOptions): Route[] {
  const { environment: { name }, transport } = options;
  const drift = route({
    ...{ path: "/v1/admin/environment", id: "showEnvironmentDrift", method: "GET" },
    ...{ tag: "Administration", role: "operator" },
    summary: "Compares the running settings of the gateway's environment with its file",
    answers: { 200: { schema: DRIFT } },
    handler: async () => {
      const running = await capturedEnvironment(transport, options.environment);
      const file = await fileOf(options, name);
      const {
        takenOff: taken_off,
        otherRules: other_rules,
        needsRestart: needs_restart,
        ...change
      } = environmentChange(running, file);
      return json({
        ...{ environment: name, ...change, taken_off, other_rules, needs_restart },
        running_revision: environmentRevision(running),
        file_revision: environmentRevision(file),
      });
    },
  });
  return [
    drift,
    route({
      ...{ path: "/v1/admin/environment/apply", id: "applyEnvironment", method: "POST" },
      ...{ tag: "Administration", role: "admin" },
      changes: "config-changes",
      summary: "Applies the markets and rules of the environment's file without a restart",
      description:
        "Other markets are not affected. If the file differs in anything else, nothing is " +
        "applied, and the answer names what needs a restart.",
      query: {
        dry_run: z.boolean().default(false).describe(
          "Whether to show the changes without applying them.",
        ),
      },
      answers: { 200: { schema: APPLIED } },
      handler: async ({ query: { dry_run } }) => {
        const running = await capturedEnvironment(transport, options.environment);
        const file = await fileOf(options, name);
        const change = environmentChange(running, file);
        assertLive(change);
        // Sent even without a difference: a shard or service may run an older version of the file.
        if (!dry_run) {
          await tellChoice(transport, file);
          options.addMarkets(marketsOf(file, [...change.added, ...change.changed]));
        }
        const { added, takenOff: taken_off, changed, otherRules: other_rules } = change;
        return json({ environment: file.name, dry_run, added, taken_off, changed, other_rules });
      },
    }),
  ];
}

async function fileOf({ registryDir }: EnvironmentRouteOptions, name: string) {
  try {
    return await loadEnvironment(registryDir, name);
  } catch (error) {
    if (!(error instanceof SsmdError)) throw error;
    throw new Problem(error.code, error.message, {
      status: 400,
      hint: error.hint || "ssmd validate names all that is wrong",
    });
  }
}

function assertLive({ needsRestart }: EnvironmentChange): void {
  if (needsRestart.length === 0) return;
  throw new Problem(
    "RESTART_NEEDED",
    `The file differs in what is read at a start only: ${needsRestart.join(", ")}`,
    { status: 400, hint: "Restart to take it over, or change only symbols and select" },
  );
}

function marketsOf({ symbols }: Environment, names: readonly string[]): MarketSpec[] {
  return names.flatMap((symbol) => {
    const own = symbols[symbol];
    return own === undefined ? [] : [{ symbol, external: own.external, feed: own.feed }];
  });
}
