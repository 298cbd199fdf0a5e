import { type AuditDraft, type AuditWriter, openAuditWriter } from "@ssmd/audit";
import { withoutSecrets } from "@ssmd/gateway/access";
import { whoIsThis } from "@ssmd/journal";
import {
  auditLocation,
  type AuditLocationConfig,
  auditStorePath,
  dataDirOf,
  type Environment,
  loadEnvironment,
  readOnlyError,
  readOnlyMode,
  readOnlyModeIn,
} from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";
import { notice, type SsmdContext } from "../context.ts";
import type { Command } from "./define.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Maximum length of user-typed text in an event. */
const TEXT_MAX = 200;
/** Flags left out of an event's metadata: they set where or how a command runs, not its change. */
const UNTOLD = new Set(["env", "data", "output", "dryRun"]);

/** Log name for events outside any environment; not a valid environment name. */
const REGISTRY_LOG = "_registry";

/** Location of the audit log of an environment, or of the registry when undefined; `data` is `--data`. */
export function auditLocationOf(
  environment: Environment | undefined,
  data: string | undefined,
): AuditLocationConfig {
  if (environment === undefined) {
    return { type: "sqlite", path: auditStorePath(REGISTRY_LOG, data ?? "./data") };
  }
  const dataDir = dataDirOf(environment, data);
  return auditLocation(environment, { dataDir, onKeyAccess: keyAudit("cli") });
}

/** Parsed flags and arguments of one command run. */
export interface AuditedCall {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
  readonly context: SsmdContext;
}

/**
 * Runs a command and appends one event (done, refused or failed) to the audit log of its
 * environment, or of the registry. If the log cannot be opened the command does not run, except one
 * of category `data-access` on a read-only location.
 */
export async function audited(command: Command, call: AuditedCall): Promise<unknown> {
  const { changes } = command;
  const category = typeof changes === "function" ? changes(call as never) : changes;
  if (category === undefined || call.flags["dryRun"] === true) return await run(command, call);
  const reader = category === "data-access" ? call.context : undefined;
  await using log = await openLog(await locationOf(call), reader);
  const details: Record<string, string> = {};
  const context = { ...call.context, auditDetails: details };
  const write = async (outcome: AuditDraft["outcome"], reason: string) => {
    // A refused value may be a secret typed in place of a name.
    const hidden = category === "security-events" && outcome !== "done";
    const metadata = { ...hidden ? {} : detailsOf(call.flags), ...details };
    const { user, host } = whoIsThis();
    const actor = `${user}@${host}`;
    const target = hidden ? "" : clean(call.args.flat().map(textOf).join(" "));
    const action = command.name;
    await log?.append([{ category, actor, action, target, outcome, reason, metadata }]);
    if (log?.problem === undefined) return;
    notice(call.context, `note: the event waits on this machine for the audit log: ${log.problem}`);
  };
  try {
    if (category !== "data-access") await assertWritable(command, call);
    const value = await run(command, { ...call, context });
    await write(command.failed?.(value as never) === true ? "failed" : "done", "");
    return value;
  } catch (error) {
    if (error instanceof SsmdError) await write("refused", error.code);
    else await write("failed", "UNEXPECTED");
    throw error;
  }
}

/** Returns undefined and prints a note on `reader` when the log's location is read-only; without `reader` it throws. */
async function openLog(
  location: AuditLocationConfig,
  reader: SsmdContext | undefined,
): Promise<AuditWriter | undefined> {
  try {
    return await openAuditWriter(location);
  } catch (error) {
    if (reader === undefined || !(error instanceof SsmdError)) throw error;
    if (error.code !== "AUDIT_READ_ONLY") throw error;
    notice(reader, `note: this is not in the audit log. ${error.message}`);
    return undefined;
  }
}

async function run(command: Command, call: AuditedCall): Promise<unknown> {
  return await command.run(call as never);
}

/** Log location of the `--env` environment if it exists, else of the registry. */
async function locationOf({ flags, context }: AuditedCall): Promise<AuditLocationConfig> {
  const { env, data } = flags;
  const named = typeof data === "string" ? data : undefined;
  const environment = typeof env === "string" ? await environmentOf(context, env) : undefined;
  return auditLocationOf(environment, named);
}

/** Throws `ENVIRONMENT_READ_ONLY` when the command's environment is read-only. */
async function assertWritable(
  { name, flags: known = {} }: Command,
  call: AuditedCall,
): Promise<void> {
  if (name === "env read-only") return;
  const { flags: { env, data }, args } = call;
  if (env === undefined && "env" in known && "data" in known) {
    // It may change every environment of the folder.
    const found = await readOnlyModeIn(typeof data === "string" ? data : "./data");
    if (found !== undefined) throw readOnlyError(found.env, found.mode);
    return;
  }
  // `env promote` takes two environments and changes the second.
  const named = name.startsWith("env ") ? args[name === "env promote" ? 1 : 0] ?? env : env;
  const environment = typeof named === "string"
    ? await environmentOf(call.context, named)
    : undefined;
  if (environment === undefined) return;
  const dataDir = dataDirOf(environment, typeof data === "string" ? data : undefined);
  const mode = await readOnlyMode(dataDir, environment.name);
  if (mode !== undefined) throw readOnlyError(environment.name, mode);
}

/** Returns undefined when the environment or the registry is missing; the command reports it if it matters. */
async function environmentOf({ globals }: SsmdContext, env: string) {
  try {
    return await loadEnvironment(await registryDirOf({ ...globals, shippedRegistry: true }), env);
  } catch {
    return undefined;
  }
}

function detailsOf(flags: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.entries(flags).filter(([name, value]) =>
    !UNTOLD.has(name) && value !== undefined && value !== false
  );
  return Object.fromEntries(given.map(([name, value]) => [name, clean(textOf(value))]));
}

/** Returns a parsed value as it was given: Infinity is a limit of `none`, or an end of `never`. */
function textOf(value: unknown): string {
  return value === Infinity ? "none" : String(value);
}

function clean(text: string): string {
  return withoutSecrets(text).slice(0, TEXT_MAX);
}
