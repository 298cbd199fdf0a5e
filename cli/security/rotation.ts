import {
  type Accounts,
  type ApiKey,
  type ClientAdmin,
  type ClientStore,
  confirmations,
  isLive,
} from "@ssmd/gateway/access";
import { DAY_MS } from "@ssmd/runtime";
import { parseDurationMs } from "@ssmd/runtime/duration";
import { z } from "zod";
import { isoOrNull } from "../client/views.ts";
import { parsed } from "../command/flag.ts";
import { isoOfMs } from "../format.ts";

/** Maximum time an old key stays valid after rotation, ms. */
export const OVERLAP_MS_MAX = 7 * DAY_MS;

/** Keys to rotate and their overlap. */
export interface RotationPlan {
  /** One client; undefined = all. */
  client: string | undefined;
  /** Minimum age of a key, ms; 0 = all keys. */
  ageMs: number;
  overlapMs: number;
}

/** Result of `ssmd security rotate-secrets`. */
export const ROTATION = z.object({
  keys: z.array(z.object({
    client: z.string(),
    label: z.string(),
    old: z.string().describe("Id of the replaced key"),
    old_ends: z.string().describe("End of its validity, ISO 8601"),
    new: z.string().describe("Id of the new key; empty with --dry-run"),
    new_ends: z.string().nullable().describe("ISO 8601; null = never"),
    key: z.string().describe("The new secret, shown only once; empty with --dry-run"),
  })),
  gateways: z.int().describe("Gateways that run"),
  confirmed: z.boolean().describe("Whether every gateway knows the new keys"),
});

/** `--overlap`, ms. */
export const OVERLAP = parsed(parseOverlap, "How long old keys stay valid, at most 7d", {
  ...{ default: "24h", placeholder: "duration", type: "duration" },
});

/** `--older-than`, ms. */
export const OLDER_THAN = parsed(parseDurationMs, "Only keys of at least this age", {
  ...{ placeholder: "duration", type: "duration" },
});

/** Live keys that the plan selects and that have no successor yet. */
function keysToRotate(
  { keys }: Accounts,
  { client, ageMs }: RotationPlan,
  nowMs: number,
): ApiKey[] {
  return keys.filter((key) =>
    isLive(key, nowMs) && key.replacedBy === null && nowMs - key.createdAtMs >= ageMs &&
    (client === undefined || key.client === client)
  );
}

/** Dry run of a rotation. */
export function plannedRotation(
  accounts: Accounts,
  plan: RotationPlan,
): z.output<typeof ROTATION> {
  const nowMs = Date.now();
  const keys = keysToRotate(accounts, plan, nowMs).map(({ id, client, label, expiresAtMs }) => ({
    ...{ client, label, old: id, new: "", new_ends: null, key: "" },
    old_ends: isoOfMs(Math.min(expiresAtMs ?? Infinity, nowMs + plan.overlapMs)),
  }));
  return { keys, gateways: 0, confirmed: true };
}

/** Rotates all keys of a plan in one change, then waits until the gateways know them. */
export async function rotateAll(
  { admin, store }: { admin: ClientAdmin; store: ClientStore },
  plan: RotationPlan,
): Promise<z.output<typeof ROTATION>> {
  const { overlapMs: graceMs } = plan;
  const rotated = await admin.rotateKeys(
    (accounts) => keysToRotate(accounts, plan, Date.now()).map(({ id }) => id),
    { graceMs },
  );
  const gateways = rotated.length === 0 ? [] : await confirmations(store);
  const keys = rotated.map(({ key, text, old }) => ({
    ...{ client: key.client, label: key.label, old: old.id, new: key.id, key: text },
    ...{ old_ends: isoOfMs(old.expiresAtMs ?? Infinity), new_ends: isoOrNull(key.expiresAtMs) },
  }));
  const confirmed = gateways.every((each) => each.confirmed);
  return { keys, gateways: gateways.length, confirmed };
}

/** Parses an overlap in ms, at most {@linkcode OVERLAP_MS_MAX}. Throws RangeError. */
export function parseOverlap(text: string): number {
  const ms = /^0(s|m|h|d)?$/.test(text) ? 0 : parseDurationMs(text);
  if (ms <= OVERLAP_MS_MAX) return ms;
  throw new RangeError("old keys hold for 7d at most");
}
