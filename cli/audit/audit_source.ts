import {
  AUDIT_CATEGORIES,
  AUDIT_EVENT,
  AUDIT_OUTCOMES,
  endsBeforeStart,
  openAuditLog,
} from "@ssmd/audit";
import type { AuditEvent, AuditFilter, AuditSource } from "@ssmd/audit";
import { loadEnvironment } from "@ssmd/metadata";
import { isoOfUs, pathExists, SsmdError, usOfIso } from "@ssmd/runtime";
import { dayNamed } from "@ssmd/runtime/day";
import { z } from "zod";
import { openArchive } from "../archive/open_archive.ts";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { choice, dir, on, parsed, text } from "../command/flag.ts";
import type { Table } from "../command/define.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { registryDirOf } from "../registry_dir.ts";
import { auditLocationOf } from "../command/audited.ts";

/** Flags that select a log. */
export const AUDIT_SOURCE_FLAGS = {
  env: ENVIRONMENT,
  registry: on("Use the log of changes that belong to no environment"),
  data: dir("Data folder, as in up --data; default: the environment's"),
};

const MOMENT = "a day, 7d for seven days ago, or a time in ISO 8601";

/** Flags that filter events. */
export const AUDIT_FILTER_FLAGS = {
  actor: text("Who did it: a client, or user@host"),
  action: text("Action: client disable"),
  category: choice(AUDIT_CATEGORIES, "Category"),
  outcome: choice(AUDIT_OUTCOMES, "Outcome"),
  from: parsed(parseMoment, `Start: ${MOMENT}`, { placeholder: "when" }),
  to: parsed(parseMoment, `End, included, a day as a whole: ${MOMENT}`, { placeholder: "when" }),
};

interface SourceFlags {
  env: string;
  registry: boolean;
  data?: string;
}

/** Opens an audit log with its part in storage. Throws SsmdError `AUDIT_EMPTY` when there is none. */
export async function withAudit<T>(
  { globals }: SsmdContext,
  { env, registry, data }: SourceFlags,
  body: (source: AuditSource) => Promise<T>,
): Promise<T> {
  const registryDir = await registryDirOf(globals);
  const environment = registry ? undefined : await loadEnvironment(registryDir, env);
  const location = auditLocationOf(environment, data);
  if (location.type === "sqlite" && !await pathExists(location.path)) {
    throw emptyError(location.path);
  }
  await using log = await openAuditLog(location);
  const isKept = environment !== undefined && environment.storage.type !== "memory";
  const where = { env, registryDir, ...(data === undefined ? {} : { data }) };
  const storage = isKept ? await openArchive(where) : undefined;
  try {
    return await body({ env, log, storage });
  } finally {
    await storage?.close();
  }
}

/** Event filter from the flags. Throws UsageError `SPAN_INVALID` when no time is within them. */
export function filterOf(flags: AuditFilter): AuditFilter {
  if (endsBeforeStart(flags)) {
    throw new UsageError("SPAN_INVALID", "--from is later than --to: nothing lies between", {
      hint: "--from is the first moment and --to the last: exchange them",
    });
  }
  const { actor, action, category, outcome, from, to } = flags;
  return { actor, action, category, outcome, from, to };
}

/** Audit events as printed. */
export const AUDIT_EVENTS = z.array(AUDIT_EVENT);

/** Table of events. */
export function eventTable(events: readonly AuditEvent[]): Table {
  return {
    rows: events.map(({ metadata: _, ...event }) => ({ ...event })),
    counted: "event",
    columns: ["position", "at", "category", "actor", "action", "target", "outcome", "reason"],
  };
}

function parseMoment(given: string): string {
  const day = dayNamed(given);
  if (day !== undefined) return day;
  const us = given[10] === "T" ? usOfIso(given) : NaN;
  if (Number.isNaN(us)) throw new RangeError(`a moment is ${MOMENT}`);
  return isoOfUs(us);
}

function emptyError(path: string): SsmdError {
  return new SsmdError("AUDIT_EMPTY", `There is no audit log at ${path} yet`, {
    hint: "The first change creates it; --registry reads the log of changes outside environments",
  });
}
