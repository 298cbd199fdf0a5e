import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { hasProgram } from "../tests/servers/certificates.ts";
import { packNpm } from "./npm_package.ts";

const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const BYTES_MAX = 4_000_000;
const WAIT_MS = 600_000;
/** What tests use, and what other commands fetch when they are run. */
const NOT_OF_UP = [
  "axe-core",
  "fast-check",
  "esbuild",
  "hyparquet",
  "ink",
  "@duckdb",
  "postgres",
  "wasmoon",
];

Deno.test({
  name: "npx of the packed tarball shows live data in an empty folder, and archives it",
  ignore: !REQUIRED && !await hasProgram("npx", "--version"),
  fn: async () => {
    const top = await Deno.makeTempDir();
    const cwd = `${top}/empty`;
    try {
      await Deno.mkdir(cwd);
      const tarball = await packNpm(top);
      const { size } = await Deno.stat(tarball);
      assert.ok(size < BYTES_MAX, `${size} bytes`);
      const listed = await new Deno.Command("tar", { args: ["-tzf", tarball] }).output();
      assert.match(new TextDecoder().decode(listed.stdout), /^package\/man\/ssmd-data-export\.1$/m);
      // A group of its own: npx starts a shell, which starts the rest.
      const child = spawn("npx", ["-y", `--package=${tarball}`, "ssmd", "up", "--port", "0"], {
        ...{ cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] },
        env: {
          ...Deno.env.toObject(),
          ...{ npm_config_cache: `${top}/npm`, DENO_DIR: `${top}/deno`, NO_COLOR: "1" },
        },
      });
      let output = "";
      child.stdout?.on("data", (bytes) => output += bytes);
      child.stderr?.on("data", (bytes) => output += bytes);
      const ended = new Promise((resolve) => child.on("close", resolve));
      const said = () => output;
      try {
        const url = await until(() => /"page":"([^"]+)\/"/.exec(output)?.[1], said);
        const trade = /published_total\{feed="kraken",type="trade"\} [1-9]/;
        await until(async () => {
          const metrics = await (await fetch(`${url}/metrics`)).text();
          return trade.test(metrics) || undefined;
        }, said);
        process.kill(-(child.pid as number), "SIGTERM");
        await until(() => /"message":"captured".*"archived":[1-9]/.test(output) || undefined, said);
        const fetched = await packagesIn(`${top}/deno/npm`);
        assert.ok(fetched.includes("zod"));
        assert.deepEqual(fetched.filter((name) => NOT_OF_UP.includes(name)), []);
      } finally {
        if (child.exitCode === null) process.kill(-(child.pid as number), "SIGKILL");
        await ended;
      }
    } finally {
      await Deno.remove(top, { recursive: true });
    }
  },
});

/** Names of packages and scopes that a folder of Deno holds, of all registries. */
async function packagesIn(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const registry of Deno.readDir(dir)) {
    for await (const { name } of Deno.readDir(`${dir}/${registry.name}`)) names.push(name);
  }
  return names;
}

async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  output: () => string,
): Promise<T> {
  const deadlineMs = Date.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadlineMs, output());
    await delay(100);
  }
}
