import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { makeProject, type Project } from "../../cli/testing/project.ts";
import { eventually, Running, RunningUp } from "./_process.ts";
import { hasProgram } from "../servers/certificates.ts";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
/** Work on the repository itself, which the gate does. */
const DEVELOPMENT = /^(npx -y deno@[\d.]+|deno) task (ok|test|bench|codegen|compile)\b/;
/** Longest that a block may take, however slow the machine is. */
const BLOCK_SECONDS_MAX = 600;
/** What a service says when it is at work. */
const AT_WORK: Readonly<Record<string, string>> = {
  connector: "capturing",
  archiver: "archiving",
  gateway: "serving",
  signals: "'signals run'",
};

/** Functions of bash that lines are put in front of. */
const FUNCTIONS = `set -o pipefail
until_said() {
  said=$1; shift; log=$(mktemp); "$@" > "$log" 2>&1 & pid=$!
  until grep -q "$said" "$log"; do
    kill -0 $pid 2>/dev/null || { cat "$log"; return 1; }
    sleep 0.1
  done
  kill -TERM $pid; wait $pid || { cat "$log"; return 1; }
}
captured() {
  log=$(mktemp); ssmd up --port 0 > "$log" 2>&1 & pid=$!
  until [ "$(grep -c '"message":"connected"' "$log")" -ge 2 ]; do
    kill -0 $pid 2>/dev/null || { cat "$log"; return 1; }
    sleep 0.1
  done
  sleep 3
  kill -TERM $pid; wait $pid || { cat "$log"; return 1; }
}
launch="$SSMD_ROOT/deploy/launch"
first_message() {
  deno eval "const s = new WebSocket('$1'); s.onmessage = () => Deno.exit(0); s.onclose = () => Deno.exit(1)"
}
`;

/** A fenced block and the heading above it. */
interface Block {
  title: string;
  lines: string[];
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let title = "";
  let block: Block | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) title = line.slice(3);
    if (line === "```sh") block = { title, lines: [] };
    else if (line === "```" && block !== undefined) {
      blocks.push(block);
      block = undefined;
    } else if (block !== undefined) addLine(block, line);
  }
  return blocks;
}

/** A line goes on where the one before ends in a pipe. */
function addLine({ lines }: Block, line: string): void {
  const command = line.replace(/(^|\s+)# .*$/, "").trim();
  const last = lines.at(-1);
  if (last?.endsWith("|")) lines[lines.length - 1] = `${last} ${command}`;
  else if (command !== "") lines.push(command);
}

/** A line so that it ends by itself, takes any free port, and stays within the test's folder. */
function runnable(line: string): string {
  const own = line
    .replace("npx -y deno@2.9.6 task", "deno task")
    .replace(/^export PATH=.*/, ":")
    .replaceAll("~/", "./").replaceAll("/tmp/", "./")
    .replaceAll("http://127.0.0.1:8080", "$GATEWAY").replaceAll("ws://127.0.0.1:8080", "$STREAM")
    .replace("websocat '", 'first_message "').replace(/(first_message ".*)'$/, '$1"')
    .replace("'$GATEWAY", '"$GATEWAY').replace(/("\$GATEWAY[^']*)'$/, '$1"')
    .replace("| kubectl apply -f -", "| cat")
    .replace(/"\$\(cat kalshi\.pem\)"/, '"$(cat kalshi.pem)"')
    .replace("KEY_ID=…", "KEY_ID=example")
    .replace("< new.yaml", "< rotated.yaml")
    .replace(/ssmd (client disconnect) \d+/, "ssmd $1 1")
    .replace(/ &$/, "");
  const task = own.replace(/^deno task up\b/, "deno task ssmd up");
  // The process itself in place of the task, so that a signal reaches it and no shell around it.
  return ending(task.replace(/^deno task /, '"$launch" '));
}

function ending(line: string): string {
  const service = /^"\$launch" (connector|archiver|gateway|signals)\b/.exec(line)?.[1];
  if (service !== undefined) {
    const port = service === "gateway" ? "--port 0" : "--metrics-port 0";
    const endpoint = line.replace(/--endpoint \S+/, '--endpoint "$KRAKEN"');
    return `until_said ${AT_WORK[service]} ${endpoint} ${port}`;
  }
  if (line === "ssmd up --env mine") {
    return `ssmd env update mine --set endpoints.kraken="$KRAKEN"; ${line} --for 2s --port 0`;
  }
  if (/ssmd up\b/.test(line)) return `${without(line, "for", "port")} --for 2s --port 0`;
  if (/ssmd exchange serve\b/.test(line)) return `${without(line, "port")} --for 1s --port 0`;
  if (/^nats(-server -js| sub)/.test(line)) return ":";
  if (line === "ssmd key set kalshi --env prod") return `${line} < kalshi.yaml`;
  if (line.includes("--field private_key")) {
    const other = "ssmd key set kalshi --env prod --field key_id";
    return `rm keys/kalshi.yaml; ${line}; echo example | ${other}`;
  }
  if (line.endsWith("| head")) return `${line} > /dev/null || [ $? = 141 ]`;
  if (line.includes("--to ws")) return `${line} --for 1s`;
  if (/ssmd (reprocess (promote|prune)|client disconnect)/.test(line)) return `${line} --yes`;
  return line;
}

function without(line: string, ...flags: string[]): string {
  return flags.reduce((text, flag) => text.replace(new RegExp(` --${flag} \\S+`), ""), line);
}

/** Captured today from both venues, by the same command that a person begins with. */
const CAPTURED = "captured";
/** What must be so before the blocks under a heading. */
const BEFORE: Readonly<Record<string, string>> = {
  "Your own registry": "rm -rf exchanges .git .gitignore; git init -q; ssmd init; " +
    "ssmd feed create kraken --endpoint wss://ws.kraken.com/v2 --parser kraken-v2 " +
    "--book-depths 10,25 --book-checksum; ssmd schema register; ssmd env create mine --feeds kraken",
  "Keys": "printf 'key_id: new\\n' > rotated.yaml; sed 1d kalshi.yaml >> rotated.yaml",
  "The archive": CAPTURED,
  "Export and query": CAPTURED,
  Replay: CAPTURED,
  Reprocess: CAPTURED,
  "Signals in code": CAPTURED,
};

/** Programs that are not ours and that a block needs. */
function missingFor({ lines }: Block): string | undefined {
  const text = lines.join("\n");
  if (text.includes("capnp decode") && !CAPNP) return "capnp";
  if (text.includes("--cert ") && !OPENSSL) return "openssl";
  return text.includes("demo-nats") && !natsServerAvailable() ? "nats-server" : undefined;
}

const CAPNP = await hasProgram("capnp", "--version") && await hasProgram("zstd", "--version");
const OPENSSL = await hasProgram("openssl", "version");

/** Runs the lines of a block one after another in one shell; the first that fails ends it. */
async function runBlock(project: Project, { title, lines }: Block, variables: string) {
  const own = title === "Your own registry" && lines.includes("ssmd init") ? "" : BEFORE[title];
  const script = [FUNCTIONS, variables, "set -e", own ?? "", "set -x", ...lines.map(runnable)];
  const { code, stdout, stderr } = await project.sh(script.join("\n"), BLOCK_SECONDS_MAX);
  assert.equal(
    code,
    0,
    `${title} ended with ${code}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`,
  );
}

/** Starts what the lines of a block talk to, and gives its addresses as variables. */
async function withServices(
  project: Project,
  { title, lines }: Block,
  body: (variables: string) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const variables: string[] = [];
  if (title === "Read the data live" || title === "AI agents") {
    const up = stack.use(new RunningUp([], { cwd: project.dir }));
    const url = await up.url();
    variables.push(`GATEWAY=${url} STREAM=${url.replace("http:", "ws:")}`);
    await eventually("a trade", async () => {
      const { trades } = await (await fetch(`${url}/v1/markets/BTCUSD/trades?limit=1`)).json();
      return trades?.length > 0;
    });
    // Somebody to be listed, and to be disconnected.
    const client = new WebSocket(`${url.replace("http:", "ws:")}/v1/stream?symbols=BTCUSD`);
    await new Promise((resolve) => client.onopen = resolve);
    stack.defer(() => client.close());
  }
  if (lines.some((line) => /--env mine$|--endpoint ws:/.test(line))) {
    const venue = stack.use(new Running(["exchange", "serve", "kraken", "--output", "json"]));
    variables.push(`KRAKEN=${(await venue.line("serving"))["url"]}`);
  }
  if (lines.some((line) => line.includes("demo-nats"))) {
    const server = await startNatsServer();
    stack.defer(() => server.stop());
    const file = `${project.dir}/exchanges/environments/demo-nats.yaml`;
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replace("nats://127.0.0.1:4222", server.url));
  }
  await body(variables.join("\n"));
}

const blocks = blocksOf(README);

Deno.test("every task that the README names is one", () => {
  const named = [...README.matchAll(/deno(?:@[\d.]+)? task ([a-z]+)/g)].map(([, name]) =>
    name ?? ""
  );
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(Object.hasOwn(config.tasks, name), name);
});

for (const [i, block] of blocks.entries()) {
  const lines = block.lines.filter((line) => !DEVELOPMENT.test(line));
  if (lines.length === 0) continue;
  const missing = missingFor(block);
  const why = missing === undefined ? "" : ` (skipped: there is no ${missing})`;
  Deno.test({
    name: `README, block ${i + 1}, ${block.title}: every line runs as it is printed${why}`,
    ignore: missing !== undefined && !REQUIRED,
    fn: async () => {
      const project = await makeProject();
      try {
        await withServices(
          project,
          block,
          (variables) => runBlock(project, { ...block, lines }, variables),
        );
      } finally {
        await project.remove();
      }
    },
  });
}
