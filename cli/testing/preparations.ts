import { parseSchema, SCHEMAS } from "@ssmd/codec";

const FRESH = "git checkout -q . && git clean -fdq exchanges";
const NO_KEY = "rm -f keys/kalshi.yaml";
const KEY = `${NO_KEY}; ssmd key set kalshi --env prod < kalshi.yaml`;

/** Mount point of the keys in a cluster. */
const OWN_KEYS = `${KEY}; rm -f exchanges/environments/cluster.yaml`;

const VERSION_2 = "rm -f data/normalized/demo/kraken/promoted.json; " +
  "ssmd reprocess run --feed kraken --as v2 -q > made";
const GATEWAY = `rm -f served.log; deno run -qA --no-check --config "$SSMD_ROOT/deno.json" ` +
  `"$SSMD_ROOT/cli/testing/served_client.ts" > served.log 2>&1 & ` +
  `for i in $(seq 1200); do grep -q ready served.log 2>/dev/null && break; sleep 0.1; done`;
const NO_THREAD = "rm -rf data/agents; git branch -q -D signal/spread_doubles 2> /dev/null; true";
const THREAD = `${NO_THREAD}; ssmd agent define "when the spread doubles" > defined`;
const QUESTION = `${NO_THREAD}; ssmd agent define "when it rains" > defined`;
const REST = `rm -f rest.pid rest.log; deno run -qA --no-check --config "$SSMD_ROOT/deno.json" ` +
  `"$SSMD_ROOT/cli/testing/served_rest.ts" > rest.log 2>&1 & ` +
  `for i in $(seq 1200); do [ -f rest.pid ] && break; sleep 0.1; done`;
/** Starts a server on a free port; it ends when the project is removed. */
const BUS =
  "[ -f nats.pid ] && exit; nats-server -a 127.0.0.1 -p -1 -js -sd js --ports_file_dir . > nats.log 2>&1 & " +
  "pid=$!; echo $pid > nats.pid; (while [ -f nats.pid ]; do sleep 0.2; done; kill $pid) > /dev/null 2>&1 & " +
  "for i in $(seq 1200); do grep -qs nats: nats-server_*.ports && break; sleep 0.1; done; " +
  "port=$(grep -o 'nats://127.0.0.1:[0-9]*' nats-server_*.ports | grep -o '[0-9]*$'); " +
  "sed -i s/127.0.0.1:4222/127.0.0.1:$port/ exchanges/environments/demo-{nats,shards}.yaml";
const NO_CLIENT = "rm -rf data/clients";
const CLIENT = `${NO_CLIENT}; ssmd client create desk`;
const CLIENT_KEY = `${CLIENT}; ssmd client api-key create desk`;
const ENTITLED = `${CLIENT_KEY}; ssmd client entitle desk --feed kraken`;

/** `ssmd/`, a clone of this software as it lies here, in the project. */
export const OWN_CLONE = "mkdir -p ssmd && [ -d ssmd/.git ] || " +
  `{ (cd "$SSMD_ROOT" && tar -c --exclude=./.git --exclude=./data --exclude=./dist --exclude=./coverage .) | ` +
  "tar -x -C ssmd && cd ssmd && git init -qb main && git add -A && git commit -qm start; }";

const AUDITED = "rm -rf data/audit data/clients; ssmd client create desk --env kraken; " +
  "ssmd feed disable kalshi || true";

/** Runs a file of this folder in the project. */
function scripted(path: string): string {
  return `deno run -A --no-check --frozen --config "$SSMD_ROOT/deno.json" ` +
    `"$SSMD_ROOT/${path}"`;
}

const SEALED = "cp -r data sealed; ssmd archive seal --data sealed --force -q > made; " +
  "cp sealed/normalized/demo/kraken/v1/trade/2026/08/01/day.parquet .; " +
  'cp "$SSMD_ROOT/exchanges/schemas/trade-v2.capnp" .';

const QUEUED = scripted("cli/testing/queued_job.ts");
const LETTERS = "rm -rf data/normalized/demo/dead-letters; " +
  scripted("cli/testing/dead_letters.ts");
const WAITING_ACTION = `${NO_THREAD}; ${scripted("agents/testing/waiting_action.ts")}`;
const VERSIONED = scripted("cli/testing/versioned_archive.ts");

const TRANSFORM = "rm -rf exchanges/transforms; echo 'return function(record) " +
  'return record.symbol .. "," .. record.price end\' > desk_csv.lua';
const STORED_TRANSFORM =
  `${TRANSFORM}; mkdir exchanges/transforms; cp desk_csv.lua exchanges/transforms`;

/** Number of the next field of a trade. */
const NEXT_FIELD = parseSchema("trade.capnp", SCHEMAS.trade.text).structs
  .find(({ name }) => name === SCHEMAS.trade.name)?.fields.length;

const ENRICHERS = "git checkout -q exchanges; printf 'enrich:\\n" +
  "  - { name: prices, type: calculation, values: { mid: mid, vwap: vwap(1m) } }\\n" +
  "  - { name: quality, type: quality, stale_after: 10s }\\n' >>exchanges/environments/demo.yaml";

/** Bash line that prepares the project before each example of a command. */
export const PREPARATIONS: Readonly<Record<string, string>> = {
  "security blocklist": `${NO_CLIENT}; ssmd security block-ip 192.0.2.1`,
  "env create": FRESH,
  "report exchange-audit": `rm -f audit.zip; ${ENTITLED}`,
  "security events": AUDITED,
  "report entitlements": ENTITLED,
  "report data-access": AUDITED,
  "report changes": AUDITED,
  ...Object.fromEntries(
    ["list", "show", "export", "verify", "roll", "client-actions", "entitlement-changes"]
      .concat("security-events", "config-changes").map((verb) => [`audit ${verb}`, AUDITED]),
  ),
  // Examples run without a cluster: the project has simulated it.
  "env render": "sed -i '/^simulator/d' exchanges/environments/cluster.yaml",
  "env rollback": "echo '# changed' >>exchanges/environments/demo.yaml && git commit -qam changed",
  "feed create": FRESH,
  "feed add": FRESH,
  "feed remove": FRESH,
  // A feed can be disabled only when no environment uses it.
  "feed disable":
    "cd exchanges/environments && rm -f cluster.yaml demo.yaml demo-nats.yaml demo-shards.yaml kraken.yaml",
  "schema add-version": `${FRESH}; sed -i '$ s/^}/  venue @${NEXT_FIELD} :Text;\\n}/' trade.capnp`,
  "signal new": "rm -rf signals",
  "transform add": TRANSFORM,
  ...Object.fromEntries(
    ["list", "show", "test", "remove"].map((verb) => [`transform ${verb}`, STORED_TRANSFORM]),
  ),
  "data export": STORED_TRANSFORM,
  "key set": NO_KEY,
  "key rotate": `${KEY}; sed -i "s/^key_id: .*/key_id: new/" kalshi.yaml`,
  "key list": OWN_KEYS,
  "key check": OWN_KEYS,
  "key delete": KEY,
  "key export": KEY,
  "key verify": OWN_KEYS,
  "validate": OWN_KEYS,
  "archive cat": SEALED,
  "reprocess diff": VERSION_2,
  "reprocess promote": VERSION_2,
  "reprocess prune": VERSION_2,
  "test replay": OWN_CLONE,
  "env compare": OWN_CLONE,
  "test compare": GATEWAY,
  "report post-github": `${REST}; echo PASS > summary.md`,
  "qa show": "ssmd qa run --feed kraken --check monotonic_time > checked",
  "data retention": scripted("cli/testing/brief_archive.ts"),
  "env teardown": scripted("cli/testing/brief_archive.ts"),
  "day roll": scripted("cli/testing/active_day.ts"),
  "dlq list": LETTERS,
  "dlq show": LETTERS,
  "dlq replay": LETTERS,
  "dlq purge": LETTERS,
  "job logs": QUEUED,
  "job status": QUEUED,
  "job cancel": QUEUED,
  "job retry": `${QUEUED}; ssmd job cancel end-day/demo/kraken/v1/2026-08-01 > cancelled`,
  "schedule delete": "ssmd schedule create nightly --workflow verify --at 02:00 > created",
  "storage versions": VERSIONED,
  "storage restore": VERSIONED,
  "storage delete": VERSIONED,
  "storage prune": VERSIONED,
  "storage versioning": VERSIONED,
  tail: GATEWAY,
  "env apply": GATEWAY,
  "shard apply": GATEWAY,
  "shard release": BUS,
  "shard status": BUS,
  "enricher list": ENRICHERS,
  "enricher test": ENRICHERS,
  "enricher enable": ENRICHERS,
  "enricher disable": ENRICHERS,
  "secmaster sync": REST,
  "secmaster figi-lookup": REST,
  "secmaster figi-enrich": REST,
  "secmaster sync-to-git": BUS,
  "secmaster add": BUS,
  "secmaster list": BUS,
  "secmaster map": BUS,
  "feedback list": GATEWAY,
  "feedback show": GATEWAY,
  "feedback resolve": GATEWAY,
  "feedback stats": GATEWAY,
  "action list": WAITING_ACTION,
  "action show": WAITING_ACTION,
  "action approve": WAITING_ACTION,
  "action reject": WAITING_ACTION,
  "agent define": NO_THREAD,
  "agent answer": QUESTION,
  "agent approve": THREAD,
  "agent reject": THREAD,
  "agent list": QUESTION,
  "agent show": QUESTION,
  ask: GATEWAY,
  "mcp serve": GATEWAY,
  "mcp status": GATEWAY,
  "mcp clients": GATEWAY,
  "role list": CLIENT,
  "role check": CLIENT,
  "client list": GATEWAY,
  "client show": GATEWAY,
  ...Object.fromEntries(
    ["emergency-revoke", "block", "unblock", "disconnect-all", "revoke-all"]
      .map((verb) => [`client ${verb}`, CLIENT]),
  ),
  "client entitle-bulk": `${CLIENT}; ssmd client create fund`,
  "client disconnect": GATEWAY,
  "client set-mode": GATEWAY,
  "client slow": GATEWAY,
  "signal deploy": `${GATEWAY}; mkdir -p signals`,
  "signal disable": GATEWAY,
  "signal enable": GATEWAY,
  "signal history": GATEWAY,
  "signal list": GATEWAY,
  "signal show": GATEWAY,
  "client history": GATEWAY,
  "client create": NO_CLIENT,
  "client accounts": CLIENT,
  "client update": CLIENT,
  "client disable": CLIENT,
  "client enable": CLIENT,
  "client delete": CLIENT,
  "client api-key create": CLIENT,
  "client api-key list": CLIENT_KEY,
  "client api-key rotate": CLIENT_KEY,
  "client api-key revoke": CLIENT_KEY,
  "client entitle": CLIENT,
  "client entitlements": ENTITLED,
  "client revoke": ENTITLED,
  "client sessions": CLIENT,
  "client device-limit": CLIENT,
  "client limit": CLIENT,
  "client rate-limit": CLIENT,
  "client quota": CLIENT,
  "client usage": CLIENT,
  "client export": ENTITLED,
  "client import": `${ENTITLED}; ssmd client export > clients.yaml; ssmd client delete desk --yes`,
};
