import assert from "node:assert/strict";
import { openAuditLog } from "@ssmd/audit";
import { z } from "zod";
import { buildCatalogue } from "./catalogue/build.ts";
import { loadSchemas } from "./catalogue/load.ts";
import { referenceOf } from "./catalogue/reference.ts";
import { asJson, runnable, valuesIn } from "./testing/example.ts";
import { PREPARATIONS } from "./testing/preparations.ts";
import type { CatalogueCommand } from "./catalogue/catalogue.ts";
import { natsServerAvailable } from "../tests/servers/nats_server.ts";
import { s3ServerAvailable } from "../tests/servers/s3_server.ts";
import { hasProgram } from "../tests/servers/certificates.ts";
import { COMMAND_INDEX } from "./command_index.ts";
import { makeProject, type Project, type Ran } from "./testing/project.ts";

const catalogue = await buildCatalogue();
const schemas = await loadSchemas();

const NOTHING: Ran = { code: 0, stdout: "", stderr: "" };

function report(line: string, { code, stdout, stderr }: Ran): string {
  return `$ ${line}\nended with ${code}\n${stdout.slice(-2000)}${stderr.slice(-2000)}`;
}

function schemaOf(name: string): z.ZodType {
  return z.fromJSONSchema(schemas[name] as never) as unknown as z.ZodType;
}

/** Runs a line after what must come before it. */
async function prepared(project: Project, command: string, line: string): Promise<Ran> {
  const before = PREPARATIONS[command];
  const ready = before === undefined ? undefined : await project.sh(before);
  assert.equal(ready?.code ?? 0, 0, report(before ?? "", ready ?? NOTHING));
  return await project.sh(line);
}

/** Events in all audit logs of the project. */
async function auditEvents({ dir }: Project): Promise<number> {
  let events = 0;
  for await (const { name } of readDirIfThere(`${dir}/data/audit`)) {
    if (!name.endsWith(".sqlite")) continue;
    await using log = await openAuditLog({ type: "sqlite", path: `${dir}/data/audit/${name}` });
    events += (await log.head()).position;
  }
  return events;
}

async function* readDirIfThere(path: string): AsyncGenerator<Deno.DirEntry> {
  if (await Deno.stat(path).then(() => true, () => false)) yield* Deno.readDir(path);
}

/** How many events a line must write: one where its command changes something. */
async function eventsOf(name: string, line: string): Promise<number> {
  const { default: { changes } } = await COMMAND_INDEX[name]!.load();
  const shows = typeof changes === "function" && !/ (\d+|none|enable|suspend)\b/.test(line);
  return changes === undefined || shows || line.includes("--dry-run") ? 0 : 1;
}

/** A cluster's certificate is made by openssl; without it those examples are left out. */
const SEALING = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1" ||
  await hasProgram("openssl", "version");

/**
 * Commands that judge: in the project of the examples nothing runs, and no book is archived, which
 * ends them with 1.
 */
const JUDGES: ReadonlySet<string> = new Set(["status", "day start", "backtest"]);

function assertEnded(command: CatalogueCommand, line: string, ran: Ran): void {
  const isRight = ran.code === 0 || ran.code === 1 && JUDGES.has(command.name);
  assert.ok(isRight, report(line, ran));
}

/** What the examples of a command need and this machine has not. */
function missingFor({ name, examples }: CatalogueCommand): string | undefined {
  if (!SEALING && examples.some((example) => example.includes("sealing.pem"))) return "openssl";
  const usesBus = examples.some((example) => example.includes("--dynamic")) ||
    ["secmaster sync-to-git", "secmaster list", "shard release", "shard status"].includes(name);
  if (usesBus && !natsServerAvailable()) return "nats-server";
  return name.startsWith("storage ") && !s3ServerAvailable() ? "versitygw" : undefined;
}

for (const command of catalogue.commands) {
  const missing = missingFor(command);
  const ignore = missing !== undefined;
  const why = ignore ? ` (skipped: there is no ${missing})` : "";
  const runs = `every example of ssmd ${command.name} in the reference runs${why}`;
  Deno.test({ name: runs, ignore }, async () => {
    assert.ok(command.examples.length > 0);
    const reference = referenceOf(catalogue);
    const project = await makeProject();
    try {
      for (const example of command.examples) {
        assert.ok(reference.includes(`\n${example}\n`), example);
        const line = runnable(example, command);
        const before = PREPARATIONS[command.name];
        if (before !== undefined) await prepared(project, command.name, "true");
        const events = await auditEvents(project);
        const ran = await project.sh(line);
        assertEnded(command, line, ran);
        const written = await auditEvents(project) - events;
        assert.equal(
          written,
          await eventsOf(command.name, line),
          `${line} wrote ${written} events`,
        );
      }
    } finally {
      await project.remove();
    }
  });

  const { output } = command;
  if (output === undefined) continue;
  const prints = `ssmd ${command.name} --output json prints what its schema describes${why}`;
  Deno.test({ name: prints, ignore }, async () => {
    const schema = schemaOf(command.name);
    const project = await makeProject();
    try {
      for (const example of command.examples) {
        const line = asJson(runnable(example, command));
        const ran = await prepared(project, command.name, line);
        assertEnded(command, line, ran);
        for (const value of valuesIn(ran.stdout)) {
          const { error } = schema.safeParse(value);
          assert.equal(error && z.prettifyError(error), undefined, report(line, ran));
        }
      }
    } finally {
      await project.remove();
    }
  });
}

Deno.test("an example is made to end, to take a free port, and to print JSON", () => {
  const up = catalogue.commands.find(({ name }) => name === "up");
  assert.ok(up !== undefined);
  assert.equal(runnable("ssmd up --port 9 | head", up), "ssmd up --for 1s --port 0 | head");
  assert.equal(runnable("ssmd up --for 30s", up), "ssmd up --for 1s --port 0");
  assert.equal(asJson(`ssmd x -m "a; b" > f`), `ssmd x -m "a; b" --output json`);
  assert.equal(asJson("echo s | ssmd x --output yaml a"), "echo s | ssmd x a --output json");
});
