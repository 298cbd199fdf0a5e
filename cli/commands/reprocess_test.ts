import assert from "node:assert/strict";
import { makeProject, type Project } from "../testing/project.ts";

async function inProject(use: (project: Project) => Promise<void>): Promise<void> {
  const project = await makeProject();
  try {
    await use(project);
  } finally {
    await project.remove();
  }
}

/** Runs a line that must end with `code`; gives what it wrote to both streams. */
async function run(project: Project, line: string, code = 0): Promise<string> {
  const ran = await project.sh(line);
  const text = `$ ${line}\n${ran.stdout}${ran.stderr}`;
  assert.equal(ran.code, code, text);
  return ran.stdout + ran.stderr;
}

const MAKE = "ssmd reprocess run --feed kraken --data ./data -q --output json --as";

Deno.test("an active version is what readers get, and it can be taken back", () =>
  inProject(async (project) => {
    await run(project, `${MAKE} v2`);
    const active = async () =>
      JSON.parse(await run(project, "ssmd reprocess list -q --output json"))
        .filter((version: { active_days: string[] }) => version.active_days.length > 0)
        .map(({ version }: { version: string }) => version);
    assert.deepEqual(await active(), ["v1"]);
    await run(project, "ssmd reprocess promote v2 --feed kraken --data ./data --dry-run");
    assert.deepEqual(await active(), ["v1"]);
    await run(project, "ssmd reprocess promote v2 --feed kraken --data ./data", 2);
    assert.deepEqual(await active(), ["v1"]);
    await run(
      project,
      "ssmd reprocess promote v2 --feed kraken --data ./data --date 2026-08-01 -y",
    );
    assert.deepEqual(await active(), ["v2"]);
    await run(
      project,
      "ssmd reprocess promote v1 --feed kraken --data ./data --date 2026-08-01 -y",
    );
    assert.deepEqual(await active(), ["v1"]);
    await run(project, "ssmd reprocess promote v2 --feed kraken --data ./data -y");
    assert.deepEqual(await active(), ["v2"]);
    const journal = await run(project, "cat data/journal/*/* data/journal/* 2>/dev/null || true");
    assert.equal(journal.match(/"action":"promote"/g)?.length, 3);
    const missing = "ssmd reprocess promote v2 --feed kraken --data ./data --date 2026-08-02 -y";
    assert.match(
      await run(project, missing, 2),
      /none of these days[\s\S]*2026-08-01 to 2026-08-01/,
    );
    assert.match(
      await run(project, "ssmd reprocess promote v3 --feed kraken -y", 1),
      /VERSION_MISSING/,
    );
  }));

Deno.test("days that have not ended, and those that come, are read of what the archiver writes", () =>
  inProject(async (project) => {
    await run(project, `${MAKE} v2`);
    const made = "data/normalized/demo/kraken/v2";
    // Midnight may pass meanwhile.
    for (const days of [0, 1]) {
      const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
        .replaceAll("-", "/");
      await run(project, `mkdir -p ${made}/${day}`);
      await run(project, `cp ${made}/2026/08/01/manifest.json ${made}/${day}/manifest.json`);
    }
    await run(project, "ssmd reprocess promote v2 --feed kraken --data ./data -y");
    const text = await run(project, "cat data/normalized/demo/kraken/promoted.json");
    assert.equal(JSON.parse(text).default, "v1");
    assert.deepEqual(JSON.parse(text).days, { "2026-08-01": "v2" });
    const open = "ssmd reprocess promote v2 --feed kraken --data ./data --date today -y";
    assert.match(await run(project, open, 2), /none of these days/);
  }));

Deno.test("prune removes all of a version, and none that is read or that the archiver writes", () =>
  inProject(async (project) => {
    await run(project, `${MAKE} v2`);
    await run(project, `${MAKE} v3`);
    await run(project, "ssmd reprocess promote v2 --feed kraken --data ./data -y");
    const prune = (version: string, more: string) =>
      `ssmd reprocess prune ${version} --feed kraken --data ./data ${more}`;
    assert.match(await run(project, prune("v1", "-y"), 1), /VERSION_LIVE/);
    assert.match(await run(project, prune("v2", "-y"), 1), /VERSION_ACTIVE/);
    await run(project, prune("v3", ""), 2);
    const planned = JSON.parse(await run(project, prune("v3", "--dry-run -q --output json")));
    const objects = (await run(project, "find data/normalized/demo/kraken/v3 -type f")).trim();
    assert.equal(planned.objects, objects.split("\n").length);
    await run(project, prune("v3", "-y"));
    assert.equal(await run(project, "find data/normalized/demo/kraken -path '*v3*' -type f"), "");
    assert.match(
      await run(project, "cat data/journal/*/* data/journal/* 2>/dev/null || true"),
      /"prune"/,
    );
    await run(project, "ssmd archive verify --data ./data");
  }));

Deno.test("what cannot be made is told before anything is written", () =>
  inProject(async (project) => {
    const make = "ssmd reprocess run --feed kraken";
    const wrong: [string, number, RegExp][] = [
      [make, 2, /VERSION_NEEDED/],
      [`${make} --schema v9 --as x`, 2, /writes trade v2/],
      [`${make} --as v1`, 1, /VERSION_NAME/],
      [`${make} --as x --normalizer kraken-v3`, 1, /Did you mean "kraken-v2"/],
      [`${make} --as x --date 2026-09-01`, 1, /Raw days that are there: 2026-08-01 to 2026-08-01/],
      [`${make} --as x --parallel 0`, 2, /from 1 to 64/],
      [`${make} --as x --from 2026-08-01T10:00:00Z`, 2, /Days are made and checked as a whole/],
      [`${make} --as x --env prod`, 1, /no raw files of prod\/kraken/],
    ];
    for (const [line, code, message] of wrong) {
      assert.match(await run(project, line, code), message);
    }
    assert.equal(await run(project, "ls data/normalized/demo/kraken"), "v1\n");
  }));

Deno.test("a day whose checks fail ends with 1, is stored, and a later change of it is told", () =>
  inProject(async (project) => {
    assert.match(await run(project, "ssmd qa show --feed kraken", 1), /NEVER_CHECKED/);
    // The archive of the examples has every trade on two connections.
    const text = await run(project, "ssmd qa run --feed kraken --check duplicate_ids", 1);
    assert.match(text, /591 +failed[\s\S]*sequence 1: trade 0 was there before/);
    await run(project, "ssmd qa run --feed kraken --check monotonic_time,range");
    const shown = JSON.parse(await run(project, "ssmd qa show --feed kraken -q --output json"));
    assert.deepEqual([shown.ok, shown.reports[0].outdated], [true, false]);
    await run(project, "ssmd archive seal --data ./data --date 2026-08-01");
    const after = JSON.parse(await run(project, "ssmd qa show --feed kraken -q --output json"));
    assert.equal(after.reports[0].outdated, true);
    await run(project, "ssmd qa run --feed kraken --check nothing", 2);
    const wrong = "sed -i 's/crossed_book/crosed_book/' exchanges/qa/kraken.yaml; ssmd validate";
    assert.match(await run(project, wrong, 1), /qa\/kraken\.yaml:\d+.*Did you mean "crossed_book"/);
  }));
