import {
  safeYaml,
  scopeOf,
  seal,
  type SealedSecret,
  sealedSecret,
  sealedSecretText,
  type SealingKey,
  sealingKeyOf,
  type SealTarget,
} from "@ssmd/metadata";
import { ConfigError, messageOf, writeFileAtomically } from "@ssmd/runtime";
import { UsageError } from "../exit.ts";
import { variable } from "../terminal.ts";
import type { SealFlags } from "./flags.ts";
import type { KeyStore } from "./store.ts";
import type { Values } from "./value_input.ts";

/** Environment variable for `--cert`. */
const CERT_VARIABLE = "SSMD_SEALING_CERT";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Key store in a SealedSecret manifest of the registry. */
export class SealedFile implements KeyStore {
  readonly path: string;
  #secret: string;
  #fields: readonly string[];
  #flags: SealFlags;

  /** `path` is the manifest, which may also hold fields of other keys. */
  constructor(
    path: string,
    { secret, fields, flags }: { secret: string; fields: readonly string[]; flags: SealFlags },
  ) {
    this.path = path;
    this.#secret = secret;
    this.#fields = fields;
    this.#flags = flags;
  }

  /** Reads the manifest; undefined when missing. Throws ConfigError `KEY_MANIFEST_INVALID`. */
  async manifest(): Promise<SealedSecret | undefined> {
    let text: string;
    try {
      text = await Deno.readTextFile(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    const manifest = safeYaml(text);
    if (isManifest(manifest) && manifest.metadata.name === this.#secret) return manifest;
    throw new ConfigError(
      "KEY_MANIFEST_INVALID",
      `${this.path} is no SealedSecret ${this.#secret}`,
      {
        hint: "Get the right one from git, or remove the file and set the key again",
      },
    );
  }

  async present(): Promise<Set<string>> {
    const sealed = (await this.manifest())?.spec.encryptedData ?? {};
    return new Set(this.#fields.filter((field) => Object.hasOwn(sealed, field)));
  }

  async ready(): Promise<void> {
    targetOf(this.#secret, this.#flags, await this.manifest());
    await sealingKeyFrom(this.#flags);
  }

  holds(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async write(values: Values): Promise<void> {
    const now = await this.manifest();
    const target = targetOf(this.#secret, this.#flags, now);
    const kept = now?.spec.encryptedData ?? {};
    if (now && !isSameTarget(target, now)) this.#assertAll(values, kept);
    const key = await sealingKeyFrom(this.#flags);
    const sealed = { ...kept, ...await sealAll(values, key, target) };
    await writeFileAtomically(this.path, sealedSecretText(sealedSecret(target, sealed)));
  }

  async remove(): Promise<void> {
    const now = await this.manifest();
    if (now === undefined) return;
    const { encryptedData } = now.spec;
    for (const field of this.#fields) delete encryptedData[field];
    if (Object.keys(encryptedData).length === 0) await Deno.remove(this.path);
    else await writeFileAtomically(this.path, sealedSecretText(now));
  }

  /** A value sealed for another namespace or scope cannot be opened in the new one. */
  #assertAll(values: Values, kept: Record<string, string>): void {
    const left = Object.keys(kept).filter((field) => !values.has(field));
    if (left.length === 0) return;
    throw new UsageError(
      "KEY_TARGET_CHANGED",
      `Another namespace or scope needs all values again; missing: ${left.join(", ")}`,
      { hint: "Give all fields, or keep the namespace and scope of the manifest" },
    );
  }
}

function isManifest(value: unknown): value is SealedSecret {
  const { kind, metadata, spec } = (value ?? {}) as Partial<SealedSecret>;
  return kind === "SealedSecret" && typeof metadata?.name === "string" &&
    typeof spec?.encryptedData === "object" && spec.encryptedData !== null;
}

function isSameTarget({ namespace, scope }: SealTarget, { metadata }: SealedSecret): boolean {
  return metadata.namespace === namespace && scopeOf(metadata) === scope;
}

/** Name, namespace and scope from the flags, else from the manifest. Throws UsageError. */
export function targetOf(secret: string, flags: SealFlags, now?: SealedSecret): SealTarget {
  const namespace = flags.namespace ?? now?.metadata.namespace;
  const scope = flags.scope ?? (now ? scopeOf(now.metadata) : "strict");
  if (namespace !== undefined && DNS_LABEL.test(namespace)) {
    return { name: secret, namespace, scope };
  }
  throw new UsageError(
    "KEY_NAMESPACE_MISSING",
    namespace === undefined
      ? `The namespace of the secret ${secret} is not known`
      : `"${namespace}" is no name of a namespace`,
    { hint: "Name it: --namespace <a-z 0-9 ->" },
  );
}

/** Seals each value. */
export async function sealAll(
  values: Values,
  key: SealingKey,
  target: SealTarget,
): Promise<Record<string, string>> {
  const sealed: Record<string, string> = {};
  for (const [field, value] of values) sealed[field] = await seal(value, key, target);
  return sealed;
}

/** Reads the controller's key from `--cert` or its variable. Throws UsageError or ConfigError. */
export async function sealingKeyFrom({ cert }: SealFlags): Promise<SealingKey> {
  const path = cert ?? variable(CERT_VARIABLE);
  if (!path) {
    throw new UsageError("KEY_CERT_MISSING", "Sealing needs the controller's certificate", {
      hint: `Kubeseal --fetch-cert > sealing.pem; then --cert sealing.pem, or ${CERT_VARIABLE}`,
    });
  }
  let pem: string;
  try {
    pem = await Deno.readTextFile(path);
  } catch (cause) {
    throw new ConfigError("KEY_CERT_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, {
      hint: "Kubeseal --fetch-cert > sealing.pem",
      cause,
    });
  }
  return await sealingKeyOf(pem, Date.now());
}
