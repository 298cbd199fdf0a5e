import assert from "node:assert/strict";
import { type Letter, writeLetters } from "@ssmd/dataset/dead_letters";
import { folderStorage } from "@ssmd/storage";
import { freePort } from "../servers/free_port.ts";
import { browserTest, fits, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";

const LETTER: Letter = {
  ...{ id: "a", component: "connector", feed: "kraken", kind: "frame" as const, reason: "no JSON" },
  ...{ subject: "", received_us: 1, bytes: 1, truncated: false, base64: "YQ==" },
};

const SEEN_HOUR = `document.querySelectorAll("#coverage-heads th")[new Date().getUTCHours() + 1]
  .getBoundingClientRect()`;
const FEED = `document.querySelector("#coverage-rows th").getBoundingClientRect()`;

browserTest(
  "the page says whether the capture is whole, and what was stopped on purpose",
  async (page) => {
    await using data = new Folder();
    const args = ["--data", data.path, "--port", String(freePort())];
    const first = new RunningUp(args);
    await using _ended = first;
    const url = await first.url();
    await page.resize(1280, 800, true);
    await page.goto(`${url}/#/capture`);
    await shows(page, says("#coverage-rows", /kraken/));
    // A file comes within two minutes, or when it is stopped.
    await first.stop("SIGTERM");
    const storage = folderStorage(data.path);
    await writeLetters(storage, "demo", { letters: [LETTER], nowUs: 1 });
    await storage.close();
    await using second = new RunningUp(args);
    await second.url();
    await shows(
      page,
      says("#coverage-rows", /kraken.*whole since \d\d:\d\d.*stopped on purpose/),
    );
    await shows(page, says("#coverage-rows .planned", /^\d+\.\d$/));
    await shows(page, says("#last-file", /\d\d:\d\d:\d\d UTC/));
    await shows(page, says("#disk-left", /\d \w+ of \d/));
    await shows(page, says("#dead-letters", /^connector 1: ssmd dlq list$/));
    await shows(page, says("#day-rows", /kraken.*open.*windows/));
    await shows(page, says("#schedule-rows", /end-days: Seal and check .* next at \d/));
    await shows(page, says("#day-count", /0 of 2 sealed/));
    await shows(page, says("#job-rows", /start-day.*state active/));
    // On a phone the hour of now is on the screen, and what it belongs to.
    await page.evaluate(`location.hash = "#/markets"`);
    await page.resize(390, 844, false);
    await page.evaluate(`location.hash = "#/capture"`);
    await shows(page, `${SEEN_HOUR}.right <= 390 && ${SEEN_HOUR}.left >= ${FEED}.right - 1`);
    await shows(page, `${FEED}.left >= 0`);
    await fits(page, 390, "capture");
    assert.deepEqual(page.errors, []);
  },
);
