import assert from "node:assert/strict";

const SERVICE = `import { createLogger } from "${import.meta.resolve("./log.ts")}";
const logger = createLogger();
logger.info("begun");
await Deno.stdin.read(new Uint8Array(1));
for (let i = 0; i < 100; i++) logger.info("nobody reads this");
await Deno.stderr.write(new TextEncoder().encode("goes on"));`;

Deno.test("a service whose log nobody reads any more goes on", async () => {
  const service = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "--ext=ts",
      `data:text/typescript,${encodeURIComponent(SERVICE)}`,
    ],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const log = service.stdout.getReader();
  assert.match(new TextDecoder().decode((await log.read()).value), /begun/);
  await log.cancel();
  const input = service.stdin.getWriter();
  await input.write(new Uint8Array(1));
  assert.equal(await new Response(service.stderr).text(), "goes on");
  assert.equal((await service.status).code, 0);
  await input.close().catch(() => {});
});
