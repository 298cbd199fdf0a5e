import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };

const MAIN = new URL("./main.ts", import.meta.url).pathname;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function ssmd(...args: string[]): Promise<Ran> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return {
    code: output.code,
    stdout: text.decode(output.stdout),
    stderr: text.decode(output.stderr),
  };
}

Deno.test("ssmd version prints the version of the project", async () => {
  const { code, stdout, stderr } = await ssmd("version");
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^ssmd +${config.version}$`, "m"));
  assert.equal(stderr, "");
});

Deno.test("ssmd --version is one line with version and commit", async () => {
  const { code, stdout } = await ssmd("--version");
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^ssmd ${config.version} \\([0-9a-f]{40}|unknown\\)\n$`));
});

Deno.test("ssmd version --output json prints one JSON value", async () => {
  const { code, stdout } = await ssmd("--", "version", "--output", "json");
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).ssmd, config.version);
});

Deno.test("ssmd without arguments lists all commands and succeeds", async () => {
  const { code, stdout } = await ssmd();
  assert.equal(code, 0);
  for (const name of ["up", "exchange", "archive", "version"]) {
    assert.match(stdout, new RegExp(`^ {2}${name} `, "m"));
  }
});

Deno.test("help of a command is what the command says with --help", async () => {
  const help = await ssmd("help", "archive", "verify");
  assert.equal(help.code, 0);
  assert.equal(help.stdout, (await ssmd("archive", "verify", "--help")).stdout);
  assert.equal((await ssmd("help")).stdout, (await ssmd("--help")).stdout);
});

Deno.test("help of a command that there is none of ends with 2, as text and as JSON", async () => {
  const text = await ssmd("help", "archive", "verfy");
  assert.equal(text.code, 2);
  assert.match(text.stderr, /Did you mean "verify"/);
  const json = await ssmd("help", "archive", "verfy", "--output", "json");
  assert.deepEqual([json.code, json.stdout], [2, ""]);
  assert.match(json.stderr, /Did you mean "archive verify"/);
});

Deno.test("help for programs can be narrowed down to a word or a command", async () => {
  const names = async (...words: string[]) => {
    const { stdout } = await ssmd("help", "--output", "json", ...words);
    return JSON.parse(stdout).commands.map(({ name }: { name: string }) => name);
  };
  assert.deepEqual(await names("archive"), ["archive cat", "archive seal", "archive verify"]);
  assert.deepEqual(await names("archive", "cat"), ["archive cat"]);
});

Deno.test("global flags stand before or behind the command", async () => {
  const before = await ssmd("--no-color", "--output", "json", "version");
  assert.equal(JSON.parse(before.stdout).ssmd, config.version);
});

Deno.test("the hidden command of the shells says what fits, a line each", async () => {
  const { code, stdout } = await ssmd("__complete", "--", "archive", "c");
  assert.deepEqual([code, stdout], [0, "cat\tPrint a raw or normalized file as JSON lines\n"]);
  assert.equal((await ssmd("__complete", "--", "archive", "cat", "")).stdout, ":file\n");
});

Deno.test("an unknown command ends with 2 and names the one that was meant", async () => {
  const { code, stdout, stderr } = await ssmd("vresion");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^error: There is no command "vresion"\nhint: {2}Did you mean "version"\?/);
});

Deno.test("an unknown command below a word ends with 2 and names the one that was meant", async () => {
  const { code, stderr } = await ssmd("archive", "vrify");
  assert.equal(code, 2);
  assert.match(stderr, /no command "vrify"[^]*Did you mean "verify"/);
});

Deno.test("an unknown flag ends with 2 and names the one that was meant", async () => {
  const { code, stderr } = await ssmd("version", "--ouput", "json");
  assert.equal(code, 2);
  assert.match(stderr, /no flag "--ouput"\nhint: {2}Did you mean "--output"\?/);
});

Deno.test("a value that a flag does not know ends with 2 and lists the allowed ones", async () => {
  const { code, stderr } = await ssmd("version", "--output", "jso");
  assert.equal(code, 2);
  assert.match(stderr, /--output\n.*table, json, yaml/);
});

Deno.test("an argument too many ends with 2", async () => {
  assert.equal((await ssmd("version", "extra")).code, 2);
});

Deno.test("no colour is written where stderr is no terminal", async () => {
  const { stderr } = await ssmd("vresion");
  assert.ok(!stderr.includes("\x1b"));
});
