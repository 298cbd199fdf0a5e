import assert from "node:assert/strict";
import { Socket } from "node:net";
import { GATEWAY_LIMITS } from "../limits.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";
import { RawSocket, requestText, WEBSOCKET_HEADERS } from "../../tests/servers/raw_socket.ts";
import { SocketAdmission } from "./socket_admission.ts";

/** Admissions, with the sockets that were begun, in order. */
class Rig {
  readonly admission = new SocketAdmission();
  readonly begun: number[] = [];

  admit(address: string, id: number, sent = "GET"): Socket {
    const socket = new Socket();
    if (sent !== "") socket.push(sent);
    this.admission.admit(address, socket, () => this.begun.push(id));
    return socket;
  }

  fail(address: string, count: number): void {
    for (let i = 0; i < count; i++) this.admission.addFailed(address);
  }

  [Symbol.dispose](): void {
    this.admission.close();
  }
}

Deno.test("sockets are admitted at once while few of their address fail", () => {
  using rig = new Rig();
  rig.fail("a", GATEWAY_LIMITS.failedSocketsMax);
  rig.admit("a", 1);
  assert.deepEqual(rig.begun, [1]);
});

Deno.test("sockets of an address of which many fail wait, in order; those of others do not", async () => {
  using rig = new Rig();
  rig.fail("a", 10 * GATEWAY_LIMITS.failedSocketsMax);
  for (let i = 0; i < 10; i++) rig.admit("a", i);
  const left = rig.admit("a", 10);
  rig.admit("a", 11);
  left.destroy();
  rig.admit("b", 100);
  assert.deepEqual(rig.begun, [100]);
  await until(() => rig.begun.length === 12);
  assert.deepEqual(rig.begun, [100, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]);
});

Deno.test("nobody waits behind sockets that are silent or were left", async () => {
  using rig = new Rig();
  rig.fail("a", 10 * GATEWAY_LIMITS.failedSocketsMax);
  const silent = Array.from({ length: 100 }, (_, i) => rig.admit("a", i, ""));
  const left = Array.from({ length: 100 }, (_, i) => rig.admit("a", 100 + i));
  for (const socket of left) socket.push(null);
  rig.admit("a", 1000);
  await until(() => rig.begun.length > 0);
  assert.deepEqual(rig.begun, [1000]);
  assert.ok(left.every(({ destroyed }) => destroyed));
  silent[50]?.push("GET");
  await until(() => rig.begun.length > 1);
  assert.deepEqual(rig.begun, [1000, 50]);
});

Deno.test("an address whose sockets fail no more is admitted at once again, and forgotten", async () => {
  using rig = new Rig();
  rig.fail("a", GATEWAY_LIMITS.failedSocketsMax + 1);
  rig.admit("a", 1);
  await until(() => rig.begun.length === 1);
  await until(() => {
    const before = rig.begun.length;
    rig.admit("a", 2);
    return rig.begun.length > before;
  });
});

Deno.test("in a flood of failing sockets and short streams, open sockets and other addresses are served", () =>
  withGateway(async ({ gateway, client, get }) => {
    const stream = await client("?symbols=BTCUSD&types=trade");
    const kept = new RawSocket(gateway.port, requestText("/health"), "127.0.0.2");
    await until(() => kept.statuses.length === 1);
    const texts = [
      requestText("//", { Connection: "Upgrade", Upgrade: "websocket" }),
      requestText("/v1/stream?symbols=*", WEBSOCKET_HEADERS) + "\xff\xff\xff\xff",
      "rubbish\r\n\r\n",
    ];
    const flood = Array.from(
      { length: 4 * GATEWAY_LIMITS.failedSocketsMax },
      (_, i) => new RawSocket(gateway.port, texts[i % texts.length], "127.0.0.2"),
    );
    await until(() => flood.filter(({ over }) => over).length > GATEWAY_LIMITS.failedSocketsMax);
    kept.socket.write(requestText("/health"));
    await until(() => kept.statuses.length === 2);
    assert.equal((await get("/health")).status, 200);
    stream.send({ action: "ping", id: 1 });
    await stream.next("pong");
    // What a socket sends while it waits is answered when its turn comes.
    const late = new RawSocket(
      gateway.port,
      requestText("/health", { Connection: "close" }),
      "127.0.0.2",
    );
    await until(() => flood.every(({ over }) => over));
    await late.closed;
    assert.deepEqual(late.statuses, [200]);
    kept.socket.destroy();
  }));

Deno.test("sockets that wait are closed at the end, and later ones too", () => {
  using rig = new Rig();
  rig.fail("a", 2 * GATEWAY_LIMITS.failedSocketsMax);
  const waiting = [rig.admit("a", 1), rig.admit("a", 2, "")];
  rig.admission.close();
  waiting.push(rig.admit("a", 3));
  rig.fail("b", 1);
  assert.ok(waiting.every(({ destroyed }) => destroyed));
  assert.deepEqual(rig.begun, []);
});

Deno.test("a gateway at which sockets wait ends at once", async () => {
  const waiting: RawSocket[] = [];
  await withGateway(async ({ gateway, get }) => {
    const flood = Array.from(
      { length: 4 * GATEWAY_LIMITS.failedSocketsMax },
      () => new RawSocket(gateway.port, "rubbish\r\n\r\n", "127.0.0.2"),
    );
    await until(() => flood.filter(({ over }) => over).length > GATEWAY_LIMITS.failedSocketsMax);
    for (let i = 0; i < 5; i++) waiting.push(new RawSocket(gateway.port, "", "127.0.0.2"));
    await until(() => flood.every(({ over }) => over));
    assert.equal((await get("/health")).status, 200);
    assert.deepEqual(waiting.map(({ over }) => over), waiting.map(() => false));
  });
  await Promise.all(waiting.map(({ closed }) => closed));
});
