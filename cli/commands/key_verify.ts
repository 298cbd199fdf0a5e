import { buildCommand, type Command } from "@stricli/core";
import type { Environment } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { ENV_FILTER_FLAG } from "../flags.ts";
import { KEY_FLAGS, type KeyFlags } from "../keys/flags.ts";
import {
  accessTo,
  type KeyRoom,
  onlyName,
  roomNames,
  specOf,
  withKeyRoom,
} from "../keys/key_room.ts";
import { type VerifiedKey, verifiedKey } from "../keys/verify_key.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env?: string;
}

/** `ssmd key verify` */
export const command: Command<SsmdContext> = buildCommand<Flags, string[], SsmdContext>({
  docs: {
    brief: "Check that keys are there and have the right shape",
    fullDescription:
      "Check that keys are there and have the right shape: PEM that parses, RSA of " +
      "at least 2048 bits, certificate and key that belong together, no placeholder, key files " +
      "that nobody else can read. Exit code 1 when anything is wrong.\n\n" +
      "EXAMPLES\n  ssmd key verify\n  ssmd key verify kalshi --env kalshi",
  },
  parameters: {
    flags: { env: ENV_FILTER_FLAG, ...KEY_FLAGS },
    positional: {
      kind: "array",
      parameter: { brief: "One key only", parse: String, placeholder: "key" },
    },
  },
  func: runVerify,
});

async function runVerify(this: SsmdContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout } = this.process;
  const name = words.length === 0 ? undefined : onlyName(words);
  const value: VerifiedKey[] = [];
  for (const env of await roomNames(this, flags.env)) {
    value.push(...await verifiedIn(this, env, name));
  }
  const rows = value.map(({ problems, ...rest }) => ({ ...rest, problems: problems.join("; ") }));
  const columns = ["environment", "key", "state", "problems"];
  stdout.write(render({ value, rows, columns }, flags.output));
  if (value.some(({ state }) => state === "wrong")) Deno.exitCode = 1;
}

async function verifiedIn(
  context: SsmdContext,
  env: string,
  name: string | undefined,
): Promise<VerifiedKey[]> {
  const access = name === undefined
    ? ({ environment }: KeyRoom) => ({ action: "verify" as const, keys: keysOf(environment) })
    : accessTo("verify", name);
  return await withKeyRoom(context, env, access, async (room) => {
    if (name !== undefined) specOf(room, name);
    const names = name === undefined ? keysOf(room.environment) : [name];
    return await Promise.all(names.map((each) => verifiedKey(room, each)));
  });
}

function keysOf(environment: Environment): string[] {
  return Object.keys(environment.keys);
}
