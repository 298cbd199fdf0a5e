import { createHash } from "node:crypto";
import type { RoleBinding } from "@ssmd/metadata";
import type { ApiKey } from "./account.ts";

/** A token or certificate in the form of a client's key, with its own role. */
export type ExternalKey = ApiKey & Pick<RoleBinding, "role">;

/** An identity proven by a token or certificate. */
interface ExternalIdentity {
  kind: "token" | "certificate";
  /** Name for lists, logs and the journal. */
  subject: string;
  /** Distinguishes proofs of the same subject. */
  proof: string;
  /** Expiry, ms since 1970; null = checked elsewhere on each connection. */
  expiresAtMs: number | null;
}

/** Returns the key of an identity; its id never contains the proof. */
export function externalKey(
  { kind, subject, proof, expiresAtMs }: ExternalIdentity,
  { client, role }: RoleBinding,
): ExternalKey {
  const mark = createHash("sha256").update(proof).digest("hex").slice(0, 8);
  return {
    ...{ id: `${kind}:${subject.slice(0, 128)}#${mark}`, client, role, label: "", hash: "" },
    ...{ createdAtMs: 0, expiresAtMs, revokedAtMs: null, replacedBy: null, lastUsedAtMs: null },
  };
}

/** Whether a key represents a token or certificate. */
export function isExternal(key: ApiKey): key is ExternalKey {
  return "role" in key;
}
