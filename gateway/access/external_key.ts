import { createHash } from "node:crypto";
import type { RoleBinding } from "@ssmd/metadata";
import type { ApiKey } from "./account.ts";

/** What a token or certificate stands for: as a key of its client, with a role of its own. */
export type ExternalKey = ApiKey & Pick<RoleBinding, "role">;

/** Who proved to be someone elsewhere. */
interface ExternalIdentity {
  kind: "token" | "certificate";
  /** For lists, logs and the journal. */
  subject: string;
  /** What tells one proof from the next of the same subject. */
  proof: string;
  /** Expiry, ms since 1970; null = somebody else looks at it with each request. */
  expiresAtMs: number | null;
}

/** The key of an identity; its id never repeats the proof. */
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

/** Whether a key stands for a token or certificate. */
export function isExternal(key: ApiKey): key is ExternalKey {
  return "role" in key;
}
