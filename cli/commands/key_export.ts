import { z } from "zod";
import { type KeySpec, keyVariable, readKey, sealedSecret } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { stringify } from "yaml";
import { ENVIRONMENT_REQUIRED } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { choice, text } from "../command/flag.ts";
import { KEY_NAME, SEAL_FLAGS, type SealFlags } from "../keys/flags.ts";
import { type DeclaredKey, onlyName, useKey } from "../keys/key_context.ts";
import { sealAll, sealingKeyFrom, targetOf } from "../keys/sealed_file.ts";

const METADATA = z.object({
  name: z.string(),
  namespace: z.string(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

const SEALED_SECRET = z.object({
  apiVersion: z.literal("bitnami.com/v1alpha1"),
  kind: z.literal("SealedSecret"),
  metadata: METADATA,
  spec: z.object({
    encryptedData: z.record(z.string(), z.base64()),
    template: z.object({ metadata: METADATA, type: z.literal("Opaque") }),
  }),
}).describe("--format sealed-secret, in Kubernetes' field names");

const POD = z.object({
  env: z.array(z.object({
    name: z.string(),
    valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }),
  })),
}).describe("--format k8s, in Kubernetes' field names");

const VARIABLES = z.object({ variables: z.array(z.string()) }).describe("--format env");

export default defineCommand({
  name: "key export",
  brief: "Export a key sealed for a cluster, or a template for its values",
  description:
    "sealed-secret prints a SealedSecret with the key's values, which only the cluster's " +
    "controller can open. env prints the variables to fill in, k8s the part of a pod that " +
    "reads them from a secret; both without values. Plain values are never printed: read " +
    "them at their source.",
  changes: "security-events",
  examples: [
    "ssmd key export kalshi --env prod --cert sealing.pem --namespace ssmd",
    "ssmd key export kalshi --env prod --format k8s",
  ],
  flags: {
    env: ENVIRONMENT_REQUIRED,
    format: choice(["sealed-secret", "env", "k8s"], "sealed-secret, env or k8s", {
      default: "sealed-secret",
    }),
    secret: text("Name of the Kubernetes secret; default: the key's", { placeholder: "name" }),
    ...SEAL_FLAGS,
  },
  args: KEY_NAME,
  output: z.union([SEALED_SECRET, POD, VARIABLES]),
  table: (value) => ({
    text: "variables" in value
      ? value.variables.map((each) => `export ${each}=\n`).join("")
      : stringify(value, { lineWidth: 0 }),
  }),
  async run({ flags: { env, format, secret: named, ...seal }, args, context }) {
    const name = onlyName(args);
    const secret = named ?? name.replaceAll("_", "-");
    return await useKey(context, { env, name, action: "export" }, async (key) => {
      switch (format) {
        case "env":
          return { variables: key.spec.fields.map((field) => keyVariable(name, field)) };
        case "k8s":
          return podOf(name, key.spec, secret);
        case "sealed-secret":
          return await sealedSecretOf(key, secret, seal);
      }
    });
  },
});

async function sealedSecretOf(
  { keys, name, spec }: DeclaredKey,
  secret: string,
  flags: SealFlags,
) {
  const target = targetOf(secret, flags);
  const key = await sealingKeyFrom(flags);
  const values = await readKey(name, spec, keys.sources);
  const missing = spec.fields.filter((field) => !values.has(field));
  if (missing.length === 0) return sealedSecret(target, await sealAll(values, key, target));
  throw new ConfigError("KEY_MISSING", `Key ${name} lacks ${missing.join(", ")}`, {
    hint: `ssmd key show ${name} --env ${keys.environment.name} says where they are looked for`,
  });
}

function podOf(name: string, spec: KeySpec, secret: string): z.output<typeof POD> {
  return {
    env: spec.fields.map((field) => ({
      name: keyVariable(name, field),
      valueFrom: { secretKeyRef: { name: secret, key: field } },
    })),
  };
}
