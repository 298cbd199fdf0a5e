import { z } from "zod";
import { fields, nameText, plainText } from "./shape.ts";

/** Roles at an environment's gateway; each includes the rights of the previous ones. */
export const ROLES = ["viewer", "metrics", "operator", "admin", "superadmin"] as const;
/** One of {@linkcode ROLES}. */
export type Role = typeof ROLES[number];

const role = z.enum(ROLES).describe(
  "viewer reads what its client is entitled to, metrics also reads /metrics, operator " +
    "keeps the environment running, admin changes what runs, superadmin also changes roles " +
    "and access",
);
const client = nameText.describe("Client whose entitlements, limits and usage apply");

/** Role file, `rbac/<environment>.yaml`. */
export const RBAC_FILE = fields({
  environment: nameText.describe("Name of the environment, the same as the file's"),
  clients: z.record(nameText, role).default({})
    .describe("Role of all API keys of a client; clients not listed are viewers"),
  tokens: z.array(fields({
    claim: plainText.describe("Claim of tokens: sub, groups, …; email only if it is verified"),
    value: plainText.describe("Text of the claim, or one of its texts"),
    role,
    client,
  })).default([]).describe(
    "Roles of callers with a token of gateway.oidc; if several match, the highest role counts",
  ),
  certificates: z.array(fields({
    subject: plainText.describe(
      "The whole subject, CN=algo-7,O=Desk, as printed by openssl x509 -subject -nameopt " +
        "RFC2253",
    ),
    role,
    client,
  })).default([]).describe(
    "Roles of callers with a certificate, presented to the gateway itself or to a proxy of " +
      "gateway.client_certificates",
  ),
});

/** Role assignments of an environment. */
export type Rbac = z.output<typeof RBAC_FILE>;
/** Role and client of a token or certificate. */
export type RoleBinding = Pick<Rbac["tokens"][number], "role" | "client">;
