import assert from "node:assert/strict";
import { browserTest, fits, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";

browserTest(
  "the page answers SQL with a table and a chart, and says why it does not",
  async (page) => {
    await using data = new Folder();
    const first = new RunningUp(["--data", data.path]);
    await using _ended = first;
    const url = await first.url();
    await page.goto(`${url}/#/market/BTCUSD`);
    await shows(page, `document.querySelectorAll("#tape > .print").length >= 3`);
    // What is stopped is archived at once.
    await first.stop("SIGTERM");
    await using second = new RunningUp(["--data", data.path, "--port", new URL(url).port]);
    await second.url();
    await page.goto(`${url}/#/sql`);
    await page.waitFor(
      `fetch("/v1/admin/sql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sql: "select (select count(distinct symbol) from trades " +
        "where symbol = 'BTCUSD' or side = 'buy') > 2 and (select count(*) from tickers) > 0" }),
    }).then((answer) => answer.json()).then(({ rows }) => rows[0][0])`,
      180_000,
    );
    await shows(page, `!document.querySelector("#sql-link").hidden`);
    const example = (name: string) =>
      page.evaluate(`[...document.querySelectorAll("#sql-examples button")]
      .find(({ textContent }) => textContent === "${name}").click()`);
    for (
      const [name, chart, heads] of [
        ["Trades by market", "trades by symbol", "symboltradesvolume"],
        ["Buyers by market", "buyers_percent by symbol", "symbolbuyers_percent"],
        ["Delay of the venue", "records by feed", "feedrecordsp99_ms"],
        ["Gaps", "", "reasonchannelgapsmissed"],
        ["Price by minute", "", "minuteprice"],
      ] as const
    ) {
      await example(name);
      await shows(page, says("#sql-heads", new RegExp(`^${heads}$`)), 60_000);
      await shows(page, says("#sql-rows", /\d/));
      if (chart !== "") await shows(page, says("#sql-title", new RegExp(`^${chart}$`)));
      assert.equal(await page.evaluate(`document.querySelector("#sql-problem").hidden`), true);
    }
    const ask = (sql: string) =>
      page.evaluate(`document.querySelector("#sql-text").value = ${JSON.stringify(sql)};
      document.querySelector("#sql-run").click()`);
    await ask("select range as n, 'x' || range as name from range(2000)");
    await shows(page, says("#sql-note", /^1,000 rows in .*cut/), 60_000);
    await shows(page, `document.querySelectorAll("#sql-bars li").length === 30`);
    await ask("copy (select 1) to '/tmp/x.csv'");
    await shows(page, says("#sql-problem", /only read/), 60_000);
    await page.resize(390, 844, true);
    await fits(page, 390, "sql");
    assert.deepEqual(page.errors, []);
  },
);

Deno.test("a second query at once is refused", async () => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  const url = await up.url();
  const ask = (sql: string) =>
    fetch(`${url}/v1/admin/sql`, {
      ...{ method: "POST", headers: { "content-type": "application/json" } },
      body: JSON.stringify({ sql }),
    });
  const both = await Promise.all([ask("select 42 as answer"), ask("select 42 as answer")]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 429]);
  for (const answer of both) {
    const body = await answer.json();
    if (answer.ok) assert.deepEqual(body.rows, [[42]]);
    else assert.equal(body.code, "QUERY_BUSY");
  }
});
