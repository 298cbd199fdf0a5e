import { z } from "zod";
import { type Accounts, isLive } from "@ssmd/gateway/access";
import { type Environment, keyAges, type Rotations } from "@ssmd/metadata";
import { certificatesOf, DAY_MS, isLoopback, messageOf } from "@ssmd/runtime";
import { unsafePackages, widePermissions } from "./scan_software.ts";

const CHECK_NAMES = [
  ...["file-modes", "key-age", "certificates", "open-gateway", "registry-secrets"] as const,
  ...["permission-sets", "packages"] as const,
] as const;

/** Security problem and its remedy. */
export const FINDING = z.object({
  check: z.enum(CHECK_NAMES),
  found: z.string(),
  todo: z.string(),
});

/** A {@linkcode FINDING}. */
type Finding = z.output<typeof FINDING>;

/** Objects to scan. */
export interface ScanTarget {
  environment: Environment;
  rotations: Rotations;
  accounts: Accounts;
  /** Registry folder. */
  registryDir: string;
  /** Files that only their owner may read; missing files are ignored. */
  privateFiles: readonly string[];
  /** Texts of the software's own files; undefined = not available. */
  software: { denoJson: string; lock: string | undefined } | undefined;
  /** URLs of the environment's gateways on this machine. */
  running: readonly string[];
  nowMs: number;
}

type Check = (target: ScanTarget) => Promise<Omit<Finding, "check">[]>;

/** Remaining validity below which a certificate is reported. */
const CERTIFICATE_DAYS_MIN = 14;
/** Age from which a client key without expiry is reported. */
const API_KEY_DAYS_MAX = 365;
const OTHERS = 0o077;
const FILE_BYTES_MAX = 1_000_000;

/** Secrets that must not be in a registry file, because registries are shared and versioned. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "a client's key": /\bssmd_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}\b/,
  "an access key of AWS": /\bAKIA[0-9A-Z]{16}\b/,
};

const CHECKS: Readonly<Record<typeof CHECK_NAMES[number], Check>> = {
  "file-modes": fileModes,
  "key-age": keyAge,
  "certificates": certificates,
  "open-gateway": openGateway,
  "registry-secrets": registrySecrets,
  "permission-sets": ({ software }) =>
    Promise.resolve(software === undefined ? [] : widePermissions(software.denoJson)),
  "packages": ({ software }) =>
    Promise.resolve(software === undefined ? [] : unsafePackages(software.denoJson, software.lock)),
};

/** Runs all checks and returns the findings in check order. */
export async function scan(target: ScanTarget): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECK_NAMES) {
    for (const found of await CHECKS[check](target)) findings.push({ check, ...found });
  }
  return findings;
}

async function fileModes({ privateFiles }: ScanTarget) {
  const found = [];
  for (const path of privateFiles) {
    const mode = (await Deno.stat(path).catch(() => undefined))?.mode ?? 0;
    if ((mode & OTHERS) === 0) continue;
    found.push({ found: `${path} is open to other users`, todo: `chmod 600 ${path}` });
  }
  return found;
}

function keyAge({ environment, rotations, accounts, nowMs }: ScanTarget) {
  const env = environment.name;
  const own = keyAges(environment, rotations, { nowMs })
    .filter(({ state }) => state === "expired" || state === "unknown")
    .map(({ key, state }) => ({
      found: `Key ${key} is ${state === "expired" ? "older than it may be" : "of unknown age"}`,
      todo: `ssmd key rotate ${key} --env ${env}`,
    }));
  const old = accounts.keys.filter((key) =>
    key.expiresAtMs === null && isLive(key, nowMs) &&
    nowMs - key.createdAtMs > API_KEY_DAYS_MAX * DAY_MS
  ).map(({ id, client }) => ({
    found: `Key ${id} of ${client} never ends and is older than ${API_KEY_DAYS_MAX} days`,
    todo: `ssmd client api-key rotate ${id} --env ${env}`,
  }));
  return Promise.resolve([...own, ...old]);
}

/**
 * Certificates of the gateway's own TLS and of its database. Unreadable files are skipped; the
 * gateway would not start with them.
 */
async function certificates({ environment: { gateway }, nowMs }: ScanTarget) {
  const found = [];
  const database = gateway.clients?.type === "postgres" ? gateway.clients.tls : undefined;
  const paths = [gateway.tls?.cert, gateway.tls?.client_ca, database?.ca, database?.cert];
  for (const path of paths) {
    if (path === undefined) continue;
    const text = await Deno.readTextFile(path).catch(() => undefined);
    const problems = text === undefined ? [] : certificateProblems(text, nowMs);
    found.push(...problems.map((problem) => ({
      found: `${path}: ${problem}`,
      todo: "Replace it; the gateway reads the file again by itself",
    })));
  }
  return found;
}

function certificateProblems(text: string, nowMs: number): string[] {
  try {
    return certificatesOf(text)
      .filter(({ validTo }) => Date.parse(validTo) - nowMs <= CERTIFICATE_DAYS_MIN * DAY_MS)
      .map(({ subject, validTo }) => `${subject.replaceAll("\n", ", ")} ends at ${validTo}`);
  } catch (error) {
    return [messageOf(error)];
  }
}

/** Hosts from the file and from running gateways, since `--host` may differ. */
function openGateway({ environment: { gateway }, running }: ScanTarget) {
  if (gateway.auth === "required") return Promise.resolve([]);
  const started = running.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ""));
  const hosts = new Set([gateway.host ?? "127.0.0.1", ...started]);
  return Promise.resolve(
    [...hosts].filter((host) => !isLoopback(host)).map((host) => ({
      found: `The gateway asks nobody for a key, and ${host} is reached by other machines`,
      todo: "Set gateway.auth to required",
    })),
  );
}

async function registrySecrets({ registryDir }: ScanTarget) {
  const found = [];
  for await (const path of filesBelow(registryDir)) {
    if ((await Deno.stat(path)).size > FILE_BYTES_MAX) continue;
    const text = await Deno.readTextFile(path);
    for (const [what, pattern] of Object.entries(SECRETS)) {
      if (!pattern.test(text)) continue;
      found.push({
        found: `${path} holds ${what}`,
        todo: "Take it out, and replace it: git keeps it",
      });
    }
  }
  return found;
}

async function* filesBelow(dir: string): AsyncGenerator<string> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(dir)) {
    // Code next to the registry contains test keys.
    if (isFile && /\.(ya?ml|json|capnp)$/.test(name)) yield `${dir}/${name}`;
    else if (isDirectory && name !== ".git") yield* filesBelow(`${dir}/${name}`);
  }
}
