import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { silentLogger } from "@ssmd/runtime";
import { ConnectBudget } from "./connect_budget.ts";
import { VenueSocket } from "./socket.ts";
import { fakeVenue } from "./testing/fake_venue.ts";

/** Answers the handshake of a connection, whose accepting answer is `answer`. */
type Act = (socket: Socket, answer: Buffer) => void;

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A frame whose length is below 126; `first` = flags and opcode. */
function frame(first: number, body: string | readonly number[]): Buffer {
  const bytes = Buffer.from(body as string);
  return Buffer.concat([Buffer.of(first, bytes.length), bytes]);
}

function answerTo(request: string): Buffer {
  const [, key = ""] = /sec-websocket-key: (.*)\r\n/i.exec(request) ?? [];
  const accept = createHash("sha1").update(key + KEY_SUFFIX).digest("base64");
  return Buffer.from(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** A venue by hand that never ends a connection unless `act` does. */
async function rawVenue(act: Act) {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    let request = "";
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      if (request.endsWith("\r\n\r\n")) return;
      request += bytes.toString("latin1");
      if (request.endsWith("\r\n\r\n")) act(socket, answerTo(request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Connects to a venue that acts so; returns the frames, and why the connection ended. */
async function endOf(act: Act) {
  const venue = await rawVenue(act);
  const frames: string[] = [];
  const ended = Promise.withResolvers<{ opened: boolean; why: string }>();
  let isDenied = false;
  const socket = new VenueSocket({
    venue: fakeVenue({ silenceMsMax: 3000 }),
    endpoint: venue.url,
    credentials: () => Promise.resolve({}),
    budget: new ConnectBudget(undefined, venue.url, { burst: 1000, refillMs: 1 }),
    logger: silentLogger,
    listener: {
      onConnect: () => {},
      onFrame: (bytes) => frames.push(bytes.toString()),
      onDenied: () => isDenied = true,
      onDisconnect: (why, opened) => ended.resolve({ opened, why }),
    },
  });
  socket.start();
  const { opened, why } = await ended.promise;
  await socket.close();
  await venue.close();
  return { frames, opened, why, isDenied };
}

const ONE = `{"n":1}`;
/** What ends a connection whose TCP side stays open, by the reason that is to be told. */
const ENDS: Record<string, Buffer> = {
  "closed by the venue: 1005": frame(0x88, ""),
  "closed by the venue: 1001 bye": frame(0x88, [0x03, 0xe9, ...Buffer.from("bye")]),
  "Invalid WebSocket frame: invalid payload length 1": frame(0x88, [3]),
  "Invalid WebSocket frame: MASK must be clear": Buffer.of(0x81, 0x81, 0, 0, 0, 0, 0x31),
  "Invalid WebSocket frame: RSV1 must be clear": frame(0xc1, ONE),
  "Invalid WebSocket frame: invalid opcode 3": frame(0x83, ONE),
  "Invalid WebSocket frame: invalid opcode 0": frame(0x80, ONE),
  "Invalid WebSocket frame: invalid opcode 1": Buffer.concat([frame(0x01, "{"), frame(0x81, ONE)]),
  "Max payload size exceeded": Buffer.of(0x81, 127, 0, 0, 0, 0, 0xff, 0, 0, 0),
};

Deno.test("a connection on which nothing can be read any more ends by its own reason, not by silence", async () => {
  await Promise.all(
    Object.entries(ENDS).map(async ([why, bytes]) => {
      const end = await endOf((socket, answer) =>
        socket.write(Buffer.concat([answer, frame(0x81, ONE), bytes]))
      );
      assert.deepEqual(end, { frames: [ONE], opened: true, why, isDenied: false });
    }),
  );
});

Deno.test("a handshake that comes drop by drop ends in time", async () => {
  let drops: ReturnType<typeof setInterval> | undefined;
  const { opened, why } = await endOf((socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nX: ");
    drops ??= setInterval(() => socket.write("x"), 500);
  });
  clearInterval(drops);
  assert.deepEqual({ opened, why }, {
    opened: false,
    why: "the handshake was not over after 10 s",
  });
});

Deno.test("a refusal that breaks off within its answer is a refusal", async () => {
  const { why, isDenied } = await endOf((socket) => {
    socket.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 200\r\n\r\nno");
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
  assert.match(why, /refused this machine \(HTTP 401: "no"\)/);
  assert.equal(isDenied, true);
});

Deno.test("fragments with control frames between them, in the smallest segments, are one frame", async () => {
  const parts = [frame(0x01, `{"`), frame(0x89, "?"), frame(0x00, ""), frame(0x8a, "!")];
  const bytes = Buffer.concat([...parts, frame(0x80, `n":1}`), frame(0x88, "")]);
  const { frames } = await endOf(async (socket, answer) => {
    socket.setNoDelay(true);
    for (const byte of [...answer, ...bytes]) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    }
  });
  assert.deepEqual(frames, [ONE]);
});
