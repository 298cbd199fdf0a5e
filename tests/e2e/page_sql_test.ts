import assert from "node:assert/strict";
import { freePort } from "../servers/free_port.ts";
import { browserTest, fits, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";

/** The examples, and the columns of their answers. */
const EXAMPLES: Readonly<Record<string, RegExp>> = {
  "Trades by market": /^symboltradesvolume$/,
  "Buyers by market": /^symbolbuyers_percent$/,
  "Delay of the venue": /^feedrecordsp99_ms$/,
  "Gaps": /^reasonchannelgapsmissed$/,
  "Price by minute": /^minuteprice$/,
  "Instruments now": /^idnamestatecloses_at$/,
};

browserTest("the page answers SQL with a table and a chart", async (page) => {
  await using data = new Folder();
  const args = ["--data", data.path, "--port", String(freePort())];
  const first = new RunningUp(args);
  await using _ended = first;
  const url = await first.url();
  await page.goto(`${url}/#/sql`);
  await shows(page, `!document.querySelector("#sql-link").hidden`);
  await page.evaluate(`document.querySelector("#sql-run").click()`);
  await shows(page, says("#sql-problem", /Nothing is archived yet/));
  // The first files come within two minutes, or when it is stopped.
  await first.stop("SIGTERM");
  await using second = new RunningUp(args);
  await second.url();
  await shows(page, says("#connection", /^live$/));
  // There may be no record in the archive yet: the columns are there.
  for (const [name, heads] of Object.entries(EXAMPLES)) {
    await page.evaluate(`[...document.querySelectorAll("#sql-examples button")]
      .find(({ textContent }) => textContent === "${name}").click()`);
    await shows(page, says("#sql-heads", heads));
    await shows(page, `document.querySelector("#sql-problem").hidden`);
  }
  const ask = async (sql: string) => {
    await page.evaluate(`document.querySelector("#sql-text").value = ${JSON.stringify(sql)};
      document.querySelector("#sql-run").click()`);
    await shows(page, `!document.querySelector("#sql-run").disabled`);
  };
  await ask("select range as n, 'x' || range as name from range(2000)");
  await shows(page, says("#sql-note", /^1,000 rows in .*cut/));
  await shows(page, `document.querySelectorAll("#sql-bars li").length === 30`);
  const aligned = `[...document.querySelectorAll("#sql-rows tr:first-child td")]
    .map((cell) => getComputedStyle(cell).textAlign).join()`;
  await shows(page, `${aligned} === "right,left"`);
  await ask(
    "select timestamptz '2026-08-01' + range * interval 1 hour as hour, range from range(9)",
  );
  await shows(page, says("#sql-title", /^range by hour$/));
  await shows(page, says("#sql-range", /^2026-08-01 00:00:00 – 2026-08-01 08:00:00, from 0 to 8$/));
  await ask("copy (select 1) to 'x.csv'");
  await shows(page, says("#sql-problem", /SQL reads the tables .* and nothing else/));
  await page.resize(390, 844, true);
  await fits(page, 390, "sql");
  assert.deepEqual(page.errors, []);
});

Deno.test("a second query at once is refused", async () => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  const ask = (sql: string) =>
    fetch(`${url}/v1/admin/sql`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ sql }),
    });
  const askBoth = () => Promise.all([ask("select 42 as answer"), ask("select 42 as answer")]);
  let both = await askBoth();
  // The first may be answered before the second one comes.
  for (let tries = 0; both.every(({ ok }) => ok) && tries < 50; tries++) {
    for (const answer of both) await answer.body?.cancel();
    both = await askBoth();
  }
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 429]);
  for (const answer of both) {
    const body = await answer.json();
    if (answer.ok) assert.deepEqual(body.rows, [[42]]);
    else assert.equal(body.code, "QUERY_BUSY");
  }
});
