import { buildCommand, type Command } from "@stricli/core";
import { type KeySpec, keyVariable, readKey, sealedSecret } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { stringify } from "yaml";
import type { SsmdContext } from "../context.ts";
import { ENV_NEEDED_FLAG } from "../flags.ts";
import { KEY_FLAGS, KEY_NAME, type KeyFlags, SEAL_FLAGS, type SealFlags } from "../keys/flags.ts";
import { accessTo, type KeyRoom, onlyName, specOf, withKeyRoom } from "../keys/key_room.ts";
import { sealAll, sealingKeyFrom, targetOf } from "../keys/sealed_file.ts";

const FORMATS = ["sealed-secret", "env", "k8s"] as const;

interface Flags extends KeyFlags, SealFlags {
  env: string;
  format: (typeof FORMATS)[number];
  secret?: string;
}

/** `ssmd key export` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Export a key sealed for a cluster, or the form in which it is expected",
    fullDescription: "Export a key sealed for a cluster, or the form in which it is expected.\n\n" +
      "sealed-secret prints a SealedSecret with the key's values, which only the cluster's " +
      "controller can open. env prints the variables to be filled in, k8s the piece of a pod that " +
      "takes them from a secret; both without values. Plain values are never printed: read them " +
      "where they are kept.\n\n" +
      "EXAMPLES\n  ssmd key export kalshi --env prod --cert sealing.pem --namespace ssmd\n" +
      "  ssmd key export kalshi --env prod --format k8s",
  },
  parameters: {
    flags: {
      env: ENV_NEEDED_FLAG,
      format: {
        kind: "enum",
        values: FORMATS,
        default: "sealed-secret",
        brief: "sealed-secret, env or k8s",
      },
      secret: {
        kind: "parsed",
        parse: String,
        brief: "Name of the Kubernetes secret; default: the key's",
        optional: true,
        placeholder: "name",
      },
      ...SEAL_FLAGS,
      ...KEY_FLAGS,
    },
    positional: KEY_NAME,
  },
  func: runExport,
});

async function runExport(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout } = this.process;
  const name = onlyName(words);
  const secret = flags.secret ?? name.replaceAll("_", "-");
  const value = await withKeyRoom(this, flags.env, accessTo("export", name), async (room) => {
    const spec = specOf(room, name);
    if (flags.format === "env") return variablesOf(name, spec);
    return flags.format === "k8s"
      ? podOf(name, spec, secret)
      : await sealed(room, name, secret, flags);
  });
  stdout.write(textOf(value, flags));
}

async function sealed(room: KeyRoom, name: string, secret: string, flags: Flags) {
  const spec = specOf(room, name);
  const target = targetOf(secret, flags);
  const key = await sealingKeyFrom(flags);
  const values = await readKey(name, spec, room.sources);
  const missing = spec.fields.filter((field) => !values.has(field));
  if (missing.length === 0) return sealedSecret(target, await sealAll(values, key, target));
  throw new ConfigError("KEY_MISSING", `key ${name} lacks ${missing.join(", ")}`, {
    hint: `ssmd key show ${name} --env ${room.environment.name} says where they are looked for`,
  });
}

function variablesOf(name: string, spec: KeySpec) {
  return { variables: spec.fields.map((field) => keyVariable(name, field)) };
}

function podOf(name: string, spec: KeySpec, secret: string) {
  return {
    env: spec.fields.map((field) => ({
      name: keyVariable(name, field),
      valueFrom: { secretKeyRef: { name: secret, key: field } },
    })),
  };
}

function textOf(value: unknown, { output, format }: Flags): string {
  if (output === "json") return `${JSON.stringify(value, null, 2)}\n`;
  if (output === "yaml" || format !== "env") return stringify(value, { lineWidth: 0 });
  const { variables } = value as ReturnType<typeof variablesOf>;
  return variables.map((each) => `export ${each}=\n`).join("");
}
