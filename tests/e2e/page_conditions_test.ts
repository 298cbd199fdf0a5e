import assert from "node:assert/strict";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { browserTest, says, shows } from "./_page.ts";
import { Rig } from "./_rig.ts";

const WELL = says("#conditions-state", /^All parts do their work$/);
const ILL = says("#conditions-state", /^Not all parts do their work$/);

browserTest(
  "the page names what does not work while it lasts, and nothing afterwards",
  async (page) => {
    if (!natsServerAvailable()) return;
    const server = await startNatsServer();
    await using rig = await Rig.start({ venues: ["kraken"], natsUrl: server.url });
    await rig.allLive();
    const url = await rig.up.url();
    await page.resize(1280, 800, true);
    await page.goto(`${url}/#/capture`);
    await shows(page, WELL);
    await server.kill();
    const named = says("#condition-rows", /archiver: .*(lost|away|No nats-server).* since \d/);
    await shows(page, `${ILL} && ${named}`);
    const { ready, conditions } = await (await fetch(`${url}/health/ready`)).json();
    assert.ok(!ready && conditions.length > 0);
    await server.restart();
    await shows(page, WELL);
    await server.stop();
  },
);
