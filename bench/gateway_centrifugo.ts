/**
 * A peer of gateway_bench.ts: Centrifugo of the PATH, with one channel that everybody may read, fed by
 * its HTTP interface in batches. The same load and the same lines as gateway_server.ts; memory and
 * processor time are Centrifugo's alone, without the process that feeds it.
 * @module
 */
import { endProcess, nowUs } from "@ssmd/runtime";
import { freePort } from "../tests/servers/free_port.ts";
import { answerBench } from "./gateway_load.ts";

const port = freePort();
const config = {
  http_server: { address: "127.0.0.1", port },
  http_api: { insecure: true },
  client: { insecure: true, queue_max_size: 64 * 1024 * 1024 },
  channel: { without_namespace: { allow_subscribe_for_client: true } },
  uni_websocket: { enabled: true, write_timeout: "30s" },
  log: { level: "error" },
};
const folder = Deno.makeTempDirSync();
Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(config));
const server = new Deno.Command("centrifugo", {
  args: ["--config", `${folder}/config.json`],
  stdin: "null",
  stdout: "null",
}).spawn();
const url = `http://127.0.0.1:${port}/api/batch`;

async function post(body: string): Promise<boolean> {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

function trade(index: number): string {
  const ms = nowUs() / 1000;
  return JSON.stringify({
    ...{ type: "trade", symbol: "BTCUSD", feed: "kraken", price: 63_000.5, size: 0.12345 },
    ...{ side: "buy", ts: ms, recv_ts: ms, seq: index, pos: 1764000000000000 + index },
    id: "0123456789012345678901234567",
  });
}

async function publish(from: number, to: number): Promise<void> {
  const commands: string[] = [];
  for (let index = from; index < to; index++) {
    commands.push(`{"publish":{"channel":"trades","data":${trade(index)}}}`);
  }
  if (!await post(`{"commands":[${commands.join()}]}`)) throw new Error("not published");
}

while (!await post('{"commands":[]}')) await new Promise((resolve) => setTimeout(resolve, 50));
try {
  await answerBench({ port, pid: server.pid, publish });
} finally {
  endProcess(server);
  await server.status;
  Deno.removeSync(folder, { recursive: true });
}
