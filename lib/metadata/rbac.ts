import { z } from "zod";
import { fields, nameText, plainText } from "./shape.ts";

/** Roles at an environment's gateway; each includes the rights of the previous ones. */
export const ROLES = ["viewer", "metrics", "operator", "admin", "superadmin"] as const;
/** One of {@linkcode ROLES}. */
export type Role = typeof ROLES[number];

const role = z.enum(ROLES).describe(
  "viewer reads what its client is entitled to, metrics also /metrics, operator keeps the " +
    "environment running, admin changes what runs, superadmin also who may",
);
const client = nameText.describe("The client whose entitlements, limits and usage these are");

/** Role file, `rbac/<environment>.yaml`. */
export const RBAC_FILE = fields({
  environment: nameText.describe("The file's name"),
  clients: z.record(nameText, role).default({})
    .describe("Role of all API keys of a client; a client that is not named is a viewer"),
  tokens: z.array(fields({
    claim: plainText.describe("A claim of tokens: sub, groups, …; email only if it is verified"),
    value: plainText.describe("Its text, or one of its texts"),
    role,
    client,
  })).default([]).describe("Who shows a token of gateway.oidc; of several the highest role counts"),
  certificates: z.array(fields({
    subject: plainText.describe(
      "The whole subject, CN=algo-7,O=Desk, as openssl x509 -subject -nameopt RFC2253 writes it",
    ),
    role,
    client,
  })).default([]).describe(
    "Who shows a certificate: to the gateway itself, or to a proxy of gateway.client_certificates",
  ),
});

/** Role assignments of an environment. */
export type Rbac = z.output<typeof RBAC_FILE>;
/** Role and client of a token or certificate. */
export type RoleBinding = Pick<Rbac["tokens"][number], "role" | "client">;
