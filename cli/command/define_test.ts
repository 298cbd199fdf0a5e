import assert from "node:assert/strict";
import { run } from "@stricli/core";
import { buildApplication } from "@stricli/core";
import { z } from "zod";
import { NO_GLOBALS } from "../context.ts";
import { type Command, defineCommand } from "./define.ts";
import { choice, day, list, on, text, whole } from "./flag.ts";
import { stricliCommand } from "./stricli_command.ts";

async function ran(command: Command, ...args: string[]) {
  const out: string[] = [];
  const process = {
    stdout: { write: (part: string) => void out.push(part) },
    stderr: { write: (part: string) => void out.push(part) },
    exitCode: null as number | string | null,
  };
  const app = buildApplication(stricliCommand(command), {
    name: "ssmd",
    scanner: { caseStyle: "allow-kebab-for-camel" },
  });
  await run(app, args, { globals: NO_GLOBALS, process });
  return { text: out.join(""), code: process.exitCode };
}

const ECHO = defineCommand({
  name: "echo",
  brief: "Print what was given",
  examples: ["ssmd echo a"],
  flags: {
    note: text("A note"),
    kind: choice(["a", "b"], "A kind", { default: "a" }),
    size: whole("A size", { repeated: true }),
    dry: on("Change nothing"),
    words: list("Words", { required: true }),
    since: day("A day"),
  },
  args: [text("A name", { placeholder: "name", required: true }), text("Another")],
  output: z.object({ keys: z.array(z.string()), kind: z.enum(["a", "b"]), name: z.string() }),
  run: ({ flags, args: [name] }) => ({ keys: Object.keys(flags).sort(), kind: flags.kind, name }),
});

Deno.test("defineCommand() gives run the flags that were given, and defaults", async () => {
  const { text: json } = await ran(ECHO, "--words", "x,y", "--output", "json", "n");
  assert.deepEqual(JSON.parse(json), {
    keys: ["dry", "kind", "output", "words"],
    kind: "a",
    name: "n",
  });
});

Deno.test("defineCommand() prints a row a field when it declares no table", async () => {
  const { text: table } = await ran(ECHO, "--words", "x", "--kind", "b", "n");
  assert.match(table, /^FIELD +VALUE\nkeys +dry, kind, output, words\nkind +b\nname +n\n$/);
});

Deno.test("defineCommand() refuses a command line without a required flag or argument", async () => {
  assert.match((await ran(ECHO, "n")).text, /words/);
  assert.match((await ran(ECHO, "--words", "x")).text, /name/);
});

Deno.test("defineCommand() takes any number of arguments of one kind", async () => {
  const join = defineCommand({
    name: "join",
    brief: "Join words",
    examples: ["ssmd join a b"],
    args: { each: text("A word", { required: true }), minimum: 1 },
    output: z.array(z.object({ word: z.string() })),
    table: (value) => ({ rows: value, counted: "word" }),
    run: ({ args }) => args.map((word) => ({ word })),
  });
  assert.equal((await ran(join, "a", "b")).text, "WORD\na\nb\n2 words\n");
});
