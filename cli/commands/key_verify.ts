import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import type { Environment } from "@ssmd/metadata";
import { ANY_ENV_FLAG, KEY_FLAGS, type KeyFlags } from "../keys/flags.ts";
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
export const command: Command<CommandContext> = buildCommand<Flags, string[], CommandContext>({
  docs: {
    brief: "Check that keys are there and have the right shape",
    fullDescription:
      "Check that keys are there and have the right shape: PEM that parses, RSA of " +
      "at least 2048 bits, certificate and key that belong together, no placeholder, key files " +
      "that nobody else can read. Exit code 1 when anything is wrong.\n\n" +
      "EXAMPLES\n  ssmd key verify\n  ssmd key verify kalshi --env kalshi",
  },
  parameters: {
    flags: { env: ANY_ENV_FLAG, ...KEY_FLAGS },
    positional: {
      kind: "array",
      parameter: { brief: "One key only", parse: String, placeholder: "key" },
    },
  },
  func: runVerify,
});

async function runVerify(this: CommandContext, flags: Flags, ...words: string[]): Promise<void> {
  const { stdout, stderr } = this.process;
  const name = words.length === 0 ? undefined : onlyName(words);
  const value: VerifiedKey[] = [];
  for (const env of await roomNames(flags)) {
    value.push(...await verifiedIn({ ...flags, env }, name, stderr));
  }
  const rows = value.map(({ problems, ...rest }) => ({ ...rest, problems: problems.join("; ") }));
  const columns = ["environment", "key", "state", "problems"];
  stdout.write(render({ value, rows, columns }, flags.output));
  if (value.some(({ state }) => state === "wrong")) Deno.exitCode = 1;
}

async function verifiedIn(
  flags: Flags & { env: string },
  name: string | undefined,
  stderr: { write(text: string): void },
): Promise<VerifiedKey[]> {
  const access = name === undefined
    ? ({ environment }: KeyRoom) => ({ action: "verify" as const, keys: keysOf(environment) })
    : accessTo("verify", name);
  return await withKeyRoom(flags, access, stderr, async (room) => {
    if (name !== undefined) specOf(room, name);
    const names = name === undefined ? keysOf(room.environment) : [name];
    return await Promise.all(names.map((each) => verifiedKey(room, each)));
  });
}

function keysOf(environment: Environment): string[] {
  return Object.keys(environment.keys);
}
