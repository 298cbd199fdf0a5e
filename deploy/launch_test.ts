import assert from "node:assert/strict";
import { usesShippedRegistry } from "./launch.ts";

const MAIN = new URL("../cli/main.ts", import.meta.url).pathname;

Deno.test("the commands that declare it fall back to the shipped registry, whatever flags they have", () => {
  for (
    const line of ["up", "feedback list --env demo", "-q --dir x client list", "env apply demo"]
  ) {
    assert.equal(usesShippedRegistry(line.split(" ")), true, line);
  }
  for (const line of ["", "--help", "env list", "data export --out -", "client export x", "env"]) {
    assert.equal(usesShippedRegistry(line.split(" ")), false, line);
  }
});

Deno.test("the launcher and the command fall back alike", async () => {
  const cwd = await Deno.makeTempDir();
  const refuses = async (line: string) => {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, ...line.split(" ")],
      cwd,
    }).output();
    return new TextDecoder().decode(stderr).includes("CONFIG_NOT_FOUND");
  };
  for (
    const line of ["journal read --env demo", "security events", "env list", "key list --env demo"]
  ) {
    assert.equal(await refuses(line), !usesShippedRegistry(line.split(" ")), line);
  }
  await Deno.remove(cwd, { recursive: true });
});

Deno.test("the launcher's help is the command's, without a start of Deno", async () => {
  const outputOf = async (program: string, args: string[]) => {
    const output = await new Deno.Command(program, { args, env: { NO_COLOR: "1" } }).output();
    return new TextDecoder().decode(output.stdout);
  };
  const help = await outputOf(Deno.execPath(), ["run", "-A", MAIN, "--help"]);
  const launcher = new URL("launch", import.meta.url).pathname;
  assert.ok(help.startsWith("USAGE"));
  assert.equal(await outputOf(launcher, ["ssmd", "--help"]), help);
  assert.equal(await outputOf(launcher, ["ssmd"]), help);
});
