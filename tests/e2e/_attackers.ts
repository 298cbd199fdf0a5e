import { RawSocket, requestText, WEBSOCKET_HEADERS } from "../servers/raw_socket.ts";

/** Connections that attack at the same time. */
const SIDE_BY_SIDE = 100;
/** How long a connection that waits is left open, ms. */
const HELD_MS = 100;

const PARTS = [
  "/",
  "//",
  "[",
  "]",
  ":",
  "@",
  "%",
  "%00",
  "..",
  "?",
  "#",
  "v1",
  "stream",
  "\\",
  " ",
];
const FOREIGN = [
  { Origin: "https://evil.example" },
  { Host: "evil.example" },
  { Host: "127.0.0.1@evil.example" },
  { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" },
  { "X-Forwarded-For": "127.0.0.1" },
];

/** Numbers that look random and are the same each time. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

function oddTarget(random: (below: number) => number): string {
  const parts = Array.from({ length: 1 + random(6) }, () => PARTS[random(PARTS.length)]);
  return random(8) === 0 ? parts.join("") : `/${parts.join("")}`;
}

/**
 * Sockets that are opened alone, to measure what they cost, and what they are measured by. Their
 * end is waited for: on a busy machine a socket that is left early costs nothing but its accept.
 */
const KINDS = {
  honest: () => requestText("/v1/markets", { Connection: "close" }),
  pipelined: () => attackText(2),
} as const;

/** What one attack sends, by its number. */
function attackText(index: number): string {
  const random = seeded(index * 7919 + 1);
  const bare = { Connection: "Upgrade", Upgrade: "websocket" };
  switch (index % 8) {
    case 0:
      return requestText(index % 16 === 0 ? "//" : oddTarget(random), bare);
    case 1: {
      const lines = Object.entries(WEBSOCKET_HEADERS).map(([name, value]) => `${name}: ${value}`);
      const odd = Array.from({ length: 1 + random(8) }, () => lines[random(lines.length)]);
      return `GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n${odd.join("\r\n")}\r\n\r\n`;
    }
    case 2:
      return requestText("/openapi.json").repeat(1000);
    case 3:
      return requestText("/v1/markets").slice(0, 1 + random(60));
    case 4:
      return Array.from({ length: 1 + random(300) }, () => String.fromCharCode(random(256))).join(
        "",
      );
    case 5: {
      const upgrade = random(2) === 0 ? WEBSOCKET_HEADERS : {};
      return requestText("/v1/stream", { ...upgrade, ...FOREIGN[random(FOREIGN.length)] });
    }
    case 6:
      // A sound handshake with a frame that is none behind it.
      return requestText("/v1/stream?symbols=*", WEBSOCKET_HEADERS) +
        String.fromCharCode(0x80 | random(16), 0xff, random(256), 0, 0, 1, random(256));
    default:
      return Array.from({ length: 30 }, () => requestText(oddTarget(random))).join("") +
        requestText("/v1/markets", { Connection: "Upgrade", Upgrade: "h2c" });
  }
}

/**
 * Attacks from a process of its own, which gets only the processor time that nobody else wants:
 * real attackers have machines of their own.
 */
export async function attackFromOutside(
  port: number,
  count: number,
  kind?: keyof typeof KINDS,
): Promise<void> {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command("nice", {
    args: [
      ...["-n", "19", Deno.execPath(), "run", "-qA", `--config=${config}`, import.meta.url],
      ...[String(port), String(count), ...(kind === undefined ? [] : [kind])],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Sends attacks, each on a connection of its own that reads late or never. */
async function attack(
  port: number,
  count: number,
  onlyText?: () => string,
): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) {
      const index = next++;
      const raw = new RawSocket(port, onlyText?.() ?? attackText(index));
      if (onlyText !== undefined) {
        await raw.closed;
        continue;
      }
      if (index % 3 === 0) raw.socket.pause();
      await Promise.race([raw.closed, new Promise((done) => setTimeout(done, HELD_MS))]);
      raw.socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, one));
}

if (import.meta.main) {
  const [port, count, kind] = Deno.args;
  await attack(Number(port), Number(count), KINDS[kind as keyof typeof KINDS]);
  Deno.exit(0);
}
