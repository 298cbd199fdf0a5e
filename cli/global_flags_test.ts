import { buildApplication, buildCommand, buildRouteMap, run } from "@stricli/core";
import assert from "node:assert/strict";
import { wordsOf } from "./app.ts";
import { type Globals, NO_GLOBALS, type SsmdContext } from "./context.ts";
import { colorIn, globalsLast, withGlobals } from "./global_flags.ts";
import { registryDirOf } from "./registry_dir.ts";
import { setColor } from "./terminal.ts";

interface Seen {
  globals?: Globals;
  flags?: unknown;
  args?: readonly unknown[];
  errors: string;
}

/** Runs a command with the flags `--name` and, where `own`, a `--dir` of its own. */
async function ran(args: string[], own = false): Promise<Seen> {
  const seen: Seen = { errors: "" };
  const name = { kind: "parsed", parse: String, brief: "Name", optional: true } as const;
  const dir = { kind: "parsed", parse: String, brief: "Own", optional: true } as const;
  const command = withGlobals(
    buildCommand<{ name?: string; dir?: string }, string[], SsmdContext>({
      docs: { brief: "Try" },
      parameters: {
        positional: { kind: "array", parameter: { brief: "Word", parse: String } },
        flags: (own ? { name, dir } : { name }) as { name: typeof name; dir: typeof dir },
      },
      func(flags, ...words) {
        Object.assign(seen, { globals: this.globals, flags, args: words });
      },
    }),
  );
  const root = buildRouteMap({ routes: { try: command }, docs: { brief: "Root" } });
  const scanner = { caseStyle: "allow-kebab-for-camel" } as const;
  await run(buildApplication(root, { name: "t", scanner }), ["try", ...args], {
    globals: NO_GLOBALS,
    process: {
      stdout: { write: () => {} },
      stderr: { write: (text: string) => seen.errors += text },
    },
  });
  setColor(undefined);
  return seen;
}

Deno.test("every command takes the global flags, and its function sees only its own", async () => {
  const seen = await ran(["a", "--quiet", "-y", "--dir", "x", "--name", "n", "--no-color"]);
  assert.deepEqual(seen.globals, { quiet: true, yes: true, dir: "x" });
  assert.deepEqual([seen.flags, seen.args], [{ name: "n" }, ["a"]]);
  assert.deepEqual((await ran([])).globals, NO_GLOBALS);
});

Deno.test("a command keeps a flag of its own of the same name", async () => {
  const seen = await ran(["--dir", "x"], true);
  assert.deepEqual({ ...seen.flags as object }, { name: undefined, dir: "x" });
  assert.equal(seen.globals?.dir, "x");
});

Deno.test("a flag that nobody knows is still refused", async () => {
  assert.match((await ran(["--quite"])).errors, /--quite/);
});

Deno.test("global flags may stand before the command", () => {
  const last = (line: string) => globalsLast(line.split(" "), wordsOf).join(" ");
  assert.equal(last("--dir x -q env list --all"), "env list --dir x -q --all");
  assert.equal(last("-y client api-key revoke k"), "client api-key revoke -y k");
  assert.equal(last("--no-color version"), "version --no-color");
  assert.equal(last("--output=json up a"), "up --output=json a");
  assert.equal(last("--help"), "--help");
  assert.equal(last("--quiet --help"), "--quiet --help");
  assert.equal(last("up --quiet"), "up --quiet");
});

Deno.test("colour is refused before the parser runs, but not by an argument", () => {
  assert.equal(colorIn(["x", "--no-color"]), false);
  assert.equal(colorIn(["x", "--color"]), true);
  assert.equal(colorIn(["x", "--", "--no-color"]), undefined);
});

Deno.test("--dir is the registry or the folder above it, and never one further up", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const part of ["feeds", "environments"]) {
      await Deno.mkdir(`${root}/p/exchanges/${part}`, { recursive: true });
    }
    await Deno.mkdir(`${root}/p/sub`);
    const found = (dir: string) => registryDirOf({ ...NO_GLOBALS, dir });
    assert.equal(await found(`${root}/p/`), `${root}/p/exchanges`);
    assert.equal(await found(`${root}/p/exchanges`), `${root}/p/exchanges`);
    await assert.rejects(found(`${root}/p/sub`), { code: "CONFIG_NOT_FOUND" });
    await assert.rejects(found(`${root}/typo`), { code: "CONFIG_NOT_FOUND" });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
