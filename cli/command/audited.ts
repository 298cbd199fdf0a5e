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
} from "@ssmd/metadata";
import { SsmdError } from "@ssmd/runtime";
import { keyAudit } from "@ssmd/service";
import { notice, type SsmdContext } from "../context.ts";
import type { Command } from "./define.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Longest text of an event that a person typed. */
const TEXT_MAX = 200;
/** Flags that say where or how, not what. */
const UNTOLD = new Set(["env", "data", "output", "dryRun"]);

/** Name of the log of what belongs to no environment; no environment can have it. */
const REGISTRY_LOG = "_registry";

/** Where the log of an environment is, or of what belongs to none; `data` as `--data` has it. */
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

/** What a command was given. */
export interface AuditedCall {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
  readonly context: SsmdContext;
}

/**
 * Runs a command that changes something and writes one event, done, refused or failed, into the log
 * of its environment, or of the registry. A log that cannot be opened refuses before anything is done, but for what only
 * reads data from a place that is read-only.
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
    // What was refused may be a secret that was typed in place of a name.
    const hidden = category === "security-events" && outcome !== "done";
    const metadata = { ...hidden ? {} : detailsOf(call.flags), ...details };
    const { user, host } = whoIsThis();
    const actor = `${user}@${host}`;
    const target = hidden ? "" : clean(call.args.flat().join(" "));
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

/** Where data is only read, a place that is read-only has no log: `reader` hears of it. */
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

/** The log of the environment of `--env`, where there is one; else that of the registry. */
async function locationOf({ flags, context }: AuditedCall): Promise<AuditLocationConfig> {
  const { env, data } = flags;
  const named = typeof data === "string" ? data : undefined;
  const environment = typeof env === "string" ? await environmentOf(context, env) : undefined;
  return auditLocationOf(environment, named);
}

/** Throws `ENVIRONMENT_READ_ONLY` where the environment that a command changes refuses it. */
async function assertWritable({ name }: Command, call: AuditedCall): Promise<void> {
  if (name === "env read-only") return;
  const { flags: { env, data }, args } = call;
  // Of two environments the second one is changed.
  const named = name.startsWith("env ") ? args[name === "env promote" ? 1 : 0] ?? env : env;
  const environment = typeof named === "string"
    ? await environmentOf(call.context, named)
    : undefined;
  if (environment === undefined) return;
  const dataDir = dataDirOf(environment, typeof data === "string" ? data : undefined);
  const mode = await readOnlyMode(dataDir, environment.name);
  if (mode !== undefined) throw readOnlyError(environment.name, mode);
}

/** Undefined = there is none of the name, or no registry: the command itself says so where it matters. */
async function environmentOf({ globals }: SsmdContext, env: string) {
  try {
    return await loadEnvironment(await registryDirOf(globals), env);
  } catch {
    return undefined;
  }
}

function detailsOf(flags: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = Object.entries(flags).filter(([name, value]) =>
    !UNTOLD.has(name) && value !== undefined && value !== false
  );
  return Object.fromEntries(given.map(([name, value]) => [name, clean(String(value))]));
}

function clean(text: string): string {
  return withoutSecrets(text).slice(0, TEXT_MAX);
}
