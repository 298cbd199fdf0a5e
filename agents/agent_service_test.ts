import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { changedManifest, dayOfUs, emptyManifest, saveManifest } from "@ssmd/archive";
import { writeWindow } from "@ssmd/archive/testing/window_file";
import { Encoder } from "@ssmd/codec";
import { type Fire, fireSubject } from "@ssmd/market";
import type { Deployment } from "@ssmd/metadata";
import { Health, Metrics, silentLogger, sleep } from "@ssmd/runtime";
import { memoryStorage, type Storage } from "@ssmd/storage";
import { openTransport, type Transport } from "@ssmd/transport";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";
import { fireOf } from "./act/_acting.ts";
import { AgentService } from "./agent_service.ts";
import { AgentStore } from "./agent_store.ts";

const ENV = "test";
const POLICY = `name: watch
signals: [spread_widens]
actions: { note: { type: log } }
default: note
per_hour: 1000
`;

async function publish(transport: Transport, fires: readonly Fire[]): Promise<void> {
  const publisher = transport.publisher();
  for (const fire of fires) {
    const payload = new Encoder().encode(fire).slice();
    publisher.publish({ subject: fireSubject(ENV, fire.signal), payload, id: fire.id });
  }
  await publisher.flush();
  await publisher.close();
}

async function archive(storage: Storage, fires: readonly Fire[]): Promise<void> {
  const [first] = fires as [Fire];
  const { feed, receivedAtUs } = first;
  const sameMinute = fires.map((fire) => ({ ...fire, receivedAtUs }));
  const files = [await writeWindow(storage, { env: ENV, feed, writtenBy: "test" }, sameMinute)];
  const day = dayOfUs(receivedAtUs);
  const manifest = emptyManifest({ kind: "normalized", env: ENV, feed, day });
  const change = { files, symbols: 1, writtenBy: "test", nowUs: receivedAtUs };
  await saveManifest(storage, changedManifest(manifest, change));
}

/** Ids of the fires that policies were given. */
function takenIn(dataDir: string): string[] {
  const path = `${dataDir}/agents/${ENV}.sqlite`;
  if (!existsSync(path)) return [];
  using store = new AgentStore(path);
  const rows = store.db.prepare("SELECT fire_id FROM fire_actions ORDER BY fire_id").all();
  return rows.map((row) => String(row["fire_id"]));
}

Deno.test("fires that left the bus while agents were away are taken from the archive, each once", {
  ignore: !natsServerAvailable(),
}, async () => {
  const registryDir = await Deno.makeTempDir({ prefix: "ssmd-test-" });
  await Deno.mkdir(`${registryDir}/policies`);
  await Deno.writeTextFile(`${registryDir}/policies/watch.yaml`, POLICY);
  const server = await startNatsServer();
  const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
  const storage = memoryStorage();
  const fires = Array.from({ length: 12 }, (_, i) => fireOf(i + 1));
  const live = async (count: number) => {
    const service = await AgentService.start({
      deployment: {
        ...{ agents: { policies: ["watch"], webhooks: {} }, dataDir: registryDir },
        environment: { name: ENV, feeds: ["kalshi"], journal: { type: "memory" } },
      } as unknown as Deployment,
      ...{ transport, storage, registryDir, logger: silentLogger },
      ...{ metrics: new Metrics("agents"), health: new Health() },
    });
    while (takenIn(registryDir).length < count) await sleep(20);
    await service?.[Symbol.asyncDispose]();
  };
  await publish(transport, fires.slice(0, 3));
  await live(3);
  await publish(transport, fires.slice(3));
  const connection = await NatsConnectionImpl.connect({ servers: [server.url] });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info(`ssmd-${ENV}`);
  // All fires but the last two are only in the archive then.
  await manager.streams.purge(`ssmd-${ENV}`, { seq: state.last_seq - 1 });
  await connection.close();
  await archive(storage, fires);
  await live(12);
  assert.deepEqual(takenIn(registryDir), fires.map(({ id }) => id));
  await transport.close();
  await server.stop();
  await Deno.remove(registryDir, { recursive: true });
});
