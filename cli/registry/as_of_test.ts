import assert from "node:assert/strict";
import { Project } from "./project_fixtures.ts";

interface Shown {
  display_name?: string;
  in_force: { parser: string } | null;
  gateway?: { port: number };
  origin: { commit?: string; note?: string };
}

/** A project whose feed and environment changed on several days. */
async function withHistory(test: (project: Project) => Promise<void>): Promise<void> {
  await Project.use(async (project) => {
    await project.ok("init");
    await project.ok(
      ...[
        "feed",
        "create",
        "venue",
        "--endpoint",
        "wss://venue.example",
        "--parser",
        "kalshi-2021",
      ],
      ...["--from", "2025-01-01", "--display-name", "One"],
    );
    await project.commitAt("2026-03-01T12:00:00Z", "feed");
    await project.ok("env", "create", "lab", "--feeds", "venue");
    await project.ok("feed", "update", "venue", "--display-name", "Two");
    await project.commitAt("2026-03-10T08:00:00Z", "morning");
    await project.ok("feed", "update", "venue", "--display-name", "Three");
    await project.ok("env", "update", "lab", "--set", "gateway.port=8081");
    await project.commitAt("2026-03-10T23:30:00Z", "evening");
    await project.ok(
      "feed",
      "add-version",
      "venue",
      "--from",
      "2026-03-20",
      "--parser",
      "kalshi-2026-03-12",
    );
    await project.ok(
      "feed",
      "add-version",
      "venue",
      "--from",
      "2999-01-01",
      "--parser",
      "kraken-v2",
    );
    await project.commitAt("2026-03-15T12:00:00Z", "announced");
    await project.ok("feed", "update", "venue", "--display-name", "Four");
    await test(project);
  });
}

async function on(project: Project, day: string, ...what: string[]): Promise<Shown> {
  return await project.json(...what, "--as-of", day) as Shown;
}

Deno.test("feeds and environments are shown as of a date", async (t) => {
  await withHistory(async (project) => {
    await t.step("a feed is shown as its file stood in git at the end of a day", async () => {
      const name = async (day: string) =>
        (await on(project, day, "feed", "show", "venue")).display_name;
      assert.equal(await name("2026-03-01"), "One");
      assert.equal(await name("2026-03-09"), "One");
      // Of two commits on one day the last counts.
      assert.equal(await name("2026-03-10"), "Three");
      assert.equal(await name("2026-03-31"), "Three");
      // Today and the future are the file as it lies there, committed or not.
      assert.equal(await name("today"), "Four");
      assert.equal(await name("2999-12-31"), "Four");
    });
    await t.step(
      "the version in force is the last one that had begun, as was known on that day",
      async () => {
        const parser = async (day: string) =>
          (await on(project, day, "feed", "show", "venue")).in_force?.parser;
        assert.equal(await parser("2026-03-14"), "kalshi-2021");
        assert.equal(await parser("2026-03-19"), "kalshi-2021");
        assert.equal(await parser("2026-03-20"), "kalshi-2026-03-12");
        assert.equal(await parser("2998-12-31"), "kalshi-2026-03-12");
        assert.equal(await parser("2999-01-01"), "kraken-v2");
      },
    );
    await t.step(
      "before git's first commit today's file answers for its own dates, with a note",
      async () => {
        const early = await on(project, "2025-06-01", "feed", "show", "venue");
        assert.equal(early.in_force?.parser, "kalshi-2021");
        assert.match(early.origin.note ?? "", /git knows no feeds\/venue\.yaml on 2025-06-01/);
        const before = await on(project, "2024-12-31", "feed", "show", "venue");
        assert.equal(before.in_force, null);
      },
    );
    await t.step(
      "an environment is shown as it stood, and did not exist before its first commit",
      async () => {
        const shown = await on(project, "2026-03-12", "env", "show", "lab");
        assert.equal(shown.gateway?.port, 8081);
        assert.match(shown.origin.commit ?? "", /^[0-9a-f]{40}$/);
        const { code, stderr } = await project.ssmd("env", "show", "lab", "--as-of", "2026-03-05");
        assert.equal(code, 1);
        assert.match(
          stderr,
          /did not exist on 2026-03-05\nhint: {2}Its first commit is of 2026-03-10/,
        );
        assert.deepEqual(await project.json("env", "list", "--as-of", "2026-03-05"), []);
      },
    );
    await t.step(
      "two versions of one day are refused, and so is one before the newest",
      async () => {
        const add = (day: string) => project.ssmd("feed", "add-version", "venue", "--from", day);
        assert.match((await add("2999-01-01")).stderr, /a second version from 2999-01-01/);
        assert.equal((await add("2026-04-01")).code, 2);
      },
    );
    await t.step("a file that was broken on a day says so, with its line", async () => {
      const text = await project.read("exchanges/feeds/venue.yaml");
      await project.write("exchanges/feeds/venue.yaml", text.replace("type: spot", "type: x"));
      await project.commitAt("2026-04-01T12:00:00Z", "broken");
      await project.write("exchanges/feeds/venue.yaml", text);
      const { code, stderr } = await project.ssmd("feed", "show", "venue", "--as-of", "2026-04-02");
      assert.equal(code, 1);
      assert.match(stderr, /venue\.yaml:4:7 {2}type: "x" is not allowed/);
    });
    await t.step("a date that is none is wrong usage", async () => {
      for (const day of ["2026-02-30", "tomorrow", "2026-1-1"]) {
        assert.equal((await project.ssmd("feed", "list", "--as-of", day)).code, 2, day);
      }
    });
  });
});
