import assert from "node:assert/strict";
import { Folder } from "./_process.ts";
import { ARGUMENTS, callWhenAllowed, TOOLS, withDemo } from "./_tool_calls.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
/** Where .ci/run installs the inspector: it wants a folder of node modules, and Deno as its runtime. */
const INSPECTOR_DIR = `${
  Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`
}/inspector-2.12.0`;
const LAUNCHER =
  `${INSPECTOR_DIR}/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js`;

/** How it exits when a tool's answer is an error. */
const TOOL_ERROR = 5;

const isMissing = await Deno.stat(LAUNCHER).then(() => false, () => true);

/** Where Deno keeps packages: not below the folder that the inspector takes for its home. */
async function packageCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** The inspector's command line before one server: gives what a method answers as JSON. */
function inspectorOf(target: readonly string[], env: Readonly<Record<string, string>>) {
  // A server over stdio gets little of the environment by itself.
  const forServer = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  return async (...method: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-qA", "--no-lock", "--node-modules-dir=manual", LAUNCHER, "--cli"],
        ...[...forServer, "--method", ...method, "--", ...target],
      ],
      cwd: INSPECTOR_DIR,
      env,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    assert.ok(code === 0 || code === TOOL_ERROR, `${method}: ${code}\n${text.decode(stderr)}`);
    return JSON.parse(text.decode(stdout));
  };
}

Deno.test({
  name: `the inspector calls every tool over HTTP and stdio, and finds no fault with their schemas${
    isMissing ? " (skipped: it is not installed)" : ""
  }`,
  ignore: isMissing && !REQUIRED,
  fn: async (t) => {
    await using home = new Folder();
    const denoDir = await packageCache();
    const env = { HOME: home.path, DENO_DIR: denoDir, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    await withDemo(async (url) => {
      const targets = {
        HTTP: [`${url}/mcp`],
        stdio: [`${ROOT}cli/ssmd`, "mcp", "serve", "--url", url],
      };
      for (const [transport, target] of Object.entries(targets)) {
        await t.step(transport, async () => {
          const inspect = inspectorOf(target, env);
          const { tools } = await inspect("tools/list", "--strict") as {
            tools: { name: string }[];
          };
          assert.equal(tools.length, TOOLS);
          for (const { name } of tools) {
            const pairs = Object.entries(ARGUMENTS[name] ?? {}).map((pair) => pair.join("="));
            const args = pairs.length === 0 ? [] : ["--tool-arg", ...pairs];
            const answer = await callWhenAllowed(async () => {
              const { content } = await inspect("tools/call", "--tool-name", name, ...args);
              return (content as { text: string }[])[0]?.text ?? "";
            });
            assert.ok(answer.data !== undefined, `${name}: ${JSON.stringify(answer)}`);
          }
        });
      }
    });
  },
});
