import { z } from "zod";

/** Finding in the software's own files, for {@linkcode scan}. */
interface SoftwareFinding {
  found: string;
  todo: string;
}

/** Permissions allowed in `deno.json`; hosts and folders are added by the launcher only. */
const KINDS: ReadonlySet<string> = new Set(["env", "sys"]);
/** Programs that a service's permission set may run. */
const MAY_RUN: Readonly<Record<string, readonly string[]>> = {
  connector: ["/usr/bin/chronyc"],
  signals: ["/bin/sh"],
};
/** Permission sets of programs in operation; the others are for development. */
const PROGRAMS = ["ssmd", "connector", "archiver", "gateway", "signals", "agents", "worker"];

const SET = z.record(z.string(), z.union([z.boolean(), z.array(z.string())]));
const CONFIG = z.looseObject({
  imports: z.record(z.string(), z.string()).default({}),
  permissions: z.record(z.string(), SET).default({}),
});
const LOCK = z.looseObject({
  specifiers: z.record(z.string(), z.string()).default({}),
  npm: z.record(z.string(), z.looseObject({ integrity: z.string().optional() })).default({}),
});

/**
 * Versions known to have been published with harmful code. Neither later incidents nor ordinary
 * vulnerabilities are included; those are in advisory lists.
 */
const HARMFUL: ReadonlySet<string> = new Set([
  ...["ansi-regex@6.2.1", "ansi-styles@6.2.2", "chalk@5.6.1", "color-convert@3.1.1"],
  ...["color-name@2.0.1", "color-string@2.1.1", "debug@4.4.2", "error-ex@1.3.3"],
  ...["has-ansi@6.0.1", "is-arrayish@0.3.3", "simple-swizzle@0.2.3", "slice-ansi@7.1.1"],
  ...["strip-ansi@7.1.1", "supports-color@10.2.1", "wrap-ansi@9.0.1", "backslash@0.2.1"],
  ...["coa@2.0.3", "coa@2.0.4", "coa@2.1.1", "coa@2.1.3", "coa@3.0.1", "coa@3.1.3"],
  ...["colors@1.4.1", "colors@1.4.2", "eslint-scope@3.7.2", "eslint-config-eslint@5.0.2"],
  ...["event-stream@3.3.6", "flatmap-stream@0.1.1", "faker@6.6.6"],
  ...["node-ipc@10.1.1", "node-ipc@10.1.2", "node-ipc@10.1.3", "node-ipc@11.0.0"],
  ...["rc@1.2.9", "rc@1.3.9", "rc@2.3.9"],
  ...["ua-parser-js@0.7.29", "ua-parser-js@0.8.0", "ua-parser-js@1.0.0"],
]);

/** Permission sets of `deno.json` wider than documented. */
export function widePermissions(denoJson: string): SoftwareFinding[] {
  const { permissions } = CONFIG.parse(JSON.parse(denoJson));
  return PROGRAMS.flatMap((program) => {
    const set = permissions[program];
    if (set === undefined) {
      return [wide(program, "is missing, so that it starts with what is asked for")];
    }
    return Object.entries(set).flatMap(([kind, given]) => {
      if (given === false) return [];
      if (given === true || given.includes("*")) return [wide(program, `grants all of ${kind}`)];
      const may = KINDS.has(kind) ? given : kind === "run" ? MAY_RUN[program] ?? [] : [];
      const more = given.filter((each) => !may.includes(each));
      return more.length === 0 ? [] : [wide(program, `grants ${kind} of ${more.join(", ")}`)];
    });
  });
}

function wide(program: string, what: string): SoftwareFinding {
  return {
    found: `The permission set ${program} ${what}`,
    todo: "Put deno.json back as it was released: hosts and folders come from the environment",
  };
}

/** Packages not pinned, not locked, without a hash, or known to be harmful. */
export function unsafePackages(denoJson: string, lock: string | undefined): SoftwareFinding[] {
  const { imports } = CONFIG.parse(JSON.parse(denoJson));
  if (lock === undefined) {
    return [{
      found: "deno.lock is missing: no package is held to its hash",
      todo: "Put it back as it was released",
    }];
  }
  const { specifiers, npm } = LOCK.parse(JSON.parse(lock));
  const outside = Object.values(imports).filter((target) => /^(npm|jsr|https?):/.test(target));
  const declared = outside.flatMap((target) => {
    const [, name = "", version = ""] = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@?([^/]*)/.exec(target) ?? [];
    if (!/^\d+\.\d+\.\d+([-+][\w.-]+)?$/.test(version)) {
      return [{ found: `${target} is not pinned to a version`, todo: "Name one whole version" }];
    }
    if (Object.hasOwn(specifiers, `npm:${name}@${version}`)) return [];
    return [{
      found: `${target} is not in deno.lock`,
      todo: "deno install, and look at what it adds",
    }];
  });
  const locked = Object.entries(npm).flatMap(([key, { integrity = "" }]) => {
    // The peers it was resolved with follow the version.
    const id = key.replace(/^(.[^@]*@[^_]*)_.*$/, "$1");
    const harmful = HARMFUL.has(id)
      ? [{
        found: `${id} was published with harmful code`,
        todo: "Take another version of it, now",
      }]
      : [];
    return /^sha512-[\w+/]{86}==$/.test(integrity) ? harmful : [...harmful, {
      found: `${id} has no sha512 in deno.lock`,
      todo: "Put deno.lock back as it was released",
    }];
  });
  return [...declared, ...locked];
}
