import { z } from "zod";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { environmentsWithKeys, onlyName, useEachKey, useKey } from "../keys/key_context.ts";
import { VERIFIED_KEY, type VerifiedKey, verifyKey } from "../keys/verify_key.ts";

export default defineCommand({
  name: "key verify",
  brief: "Check that keys have values in the right format",
  description:
    "Checks that PEM parses, RSA keys have at least 2048 bits, certificate and key belong " +
    "together, values are no placeholders, and key files are not readable by other users. " +
    "Exit code 1 when anything is wrong.",
  examples: ["ssmd key verify", "ssmd key verify kalshi --env kalshi"],
  flags: { env: ENVIRONMENT_FILTER },
  args: { each: text("Only this key", { placeholder: "key", completes: "key" }) },
  output: z.array(VERIFIED_KEY),
  table: (keys) =>
    rowsOf("key")(keys.map((key) => ({ ...key, problems: key.problems.join("; ") }))),
  failed: (keys) => keys.some(({ state }) => state === "wrong"),
  async run({ flags, args, context }) {
    const name = args.length === 0
      ? undefined
      : onlyName(args.filter((each) => each !== undefined));
    const verified: VerifiedKey[] = [];
    for (const env of await environmentsWithKeys(context, flags.env)) {
      const use = { env, action: "verify" } as const;
      if (name === undefined) verified.push(...await useEachKey(context, use, verifyKey));
      else verified.push(await useKey(context, { ...use, name }, verifyKey));
    }
    return verified;
  },
});
