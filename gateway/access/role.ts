import { type Rbac, type Role as BoundRole, type RoleBinding, ROLES } from "@ssmd/metadata";
import { AccessDenied } from "./access_denied.ts";

/**
 * Role of a caller, each with the rights of those before it. `public` is a caller without
 * credentials. Each route, stream request and tool declares the role it requires.
 */
export type Role = "public" | BoundRole;

/** Role in a client's account, used when there is no file of roles. */
export type ClientRole = "client" | "metrics" | "admin";

export { ROLES };

/** All of {@linkcode ClientRole}. */
export const CLIENT_ROLES: readonly ClientRole[] = ["client", "metrics", "admin"];

const LADDER: readonly Role[] = ["public", ...ROLES];
const WITHOUT_FILE = { client: "viewer", metrics: "metrics", admin: "superadmin" } as const;

/** Whether a role includes the rights of another. */
export function mayActAs(role: Role, wanted: Role): boolean {
  return LADDER.indexOf(role) >= LADDER.indexOf(wanted);
}

/** Returns the error (403) of a caller whose role is too low. */
export function roleMissing(who: { client: string; role: Role }, wanted: Role): AccessDenied {
  return new AccessDenied("ROLE_MISSING", `This needs the role ${wanted}`, {
    status: 403,
    hint:
      `${
        who.client || "You"
      } has the role ${who.role}. An administrator of the gateway assigns another ` +
      "in rbac/<environment>.yaml; without that file: ssmd client update --role",
  });
}

/** Roles of one environment. If there is a file of roles, it alone applies. */
export class Roles {
  #rbac: Rbac | undefined;

  constructor(rbac?: Rbac) {
    this.#rbac = rbac;
  }

  /** Returns the role of a client's keys. */
  ofClient({ id, role }: { id: string; role: ClientRole }): BoundRole {
    if (this.#rbac === undefined) return WITHOUT_FILE[role];
    return Object.hasOwn(this.#rbac.clients, id) ? this.#rbac.clients[id] ?? "viewer" : "viewer";
  }

  /** Returns the highest role bound to a token's claims; undefined = none. */
  ofClaims(claims: Readonly<Record<string, unknown>>): RoleBinding | undefined {
    const own = (this.#rbac?.tokens ?? []).filter(({ claim, value }) => {
      // Some issuers let users enter any address in their account.
      if (claim === "email" && claims["email_verified"] !== true) return false;
      const texts = Object.hasOwn(claims, claim) ? [claims[claim]].flat() : [];
      return texts.includes(value);
    });
    return own.toSorted((a, b) => LADDER.indexOf(b.role) - LADDER.indexOf(a.role))[0];
  }

  /** Returns the role bound to a certificate; undefined = none. */
  ofCertificate(subject: string): RoleBinding | undefined {
    return this.#rbac?.certificates.find((each) => each.subject === subject);
  }
}
