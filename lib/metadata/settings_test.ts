import assert from "node:assert/strict";
import { jsonSchemas } from "./json_schema.ts";

const ROOT = new URL("../../", import.meta.url);

/** Fields that people read and nothing else does. */
const FOR_PEOPLE: readonly string[] = [
  "calendar.versions.notes",
  "feed.versions.notes",
  "schema.versions.notes",
  // Terms are given on as they are.
  "instrument.versions.price_grid",
  "instrument.versions.price_grid.from",
  "instrument.versions.price_grid.to",
  "instrument.versions.price_grid.step",
  "instrument.versions.size_step",
  "instrument.versions.size_min",
  "instrument.versions.fees",
  "instrument.versions.fees.type",
  "instrument.versions.fees.maker",
  "instrument.versions.fees.taker",
  "instrument.versions.fees.multiplier",
  "instrument.versions.fee_changes.type",
  "instrument.versions.fee_changes.maker",
  "instrument.versions.fee_changes.taker",
  "instrument.versions.fee_changes.multiplier",
  "instrument.versions.opens",
  "instrument.versions.closes",
  "instrument.versions.result",
  "instrument.versions.group",
  "instrument.versions.series",
  "instrument.versions.venue",
];

/** Every other field, below the file that reads it and does something with it. */
const READERS: Readonly<Record<string, string>> = {
  "lib/metadata/follow_symbols.ts": "environment.select",
  "lib/metadata/enrichment.ts": "environment.enrich",
  "connector/main.ts": "environment.durability",
  "lib/enrich/chain.ts":
    "environment.enrich.enabled environment.enrich.fields environment.enrich.name " +
    "environment.enrich.stale_after environment.enrich.symbols environment.enrich.values " +
    "environment.enrich.wide_above_bps",
  "lib/metadata/selected_symbols.ts":
    "environment.select.feed environment.select.series environment.select.group " +
    "environment.select.base environment.select.quote environment.select.status " +
    "environment.select.depth instrument.mappings.outcome",
  "cli/commands/calendar_list.ts": "calendar.display_name",
  "cli/commands/calendar_show.ts": "calendar.special_days.reason",
  "cli/registry/calendar_text.ts": "calendar.versions.maintenance.reason",
  "lib/metadata/calendar.ts": "calendar.versions calendar.versions.from",
  "lib/metadata/calendar_references.ts": "calendar.name",
  "lib/metadata/calendar_hours.ts": "calendar.timezone calendar.versions.open " +
    "calendar.versions.open.days calendar.versions.open.from calendar.versions.open.to " +
    "calendar.versions.maintenance calendar.versions.maintenance.days " +
    "calendar.versions.maintenance.from calendar.versions.maintenance.to " +
    "calendar.special_days calendar.special_days.date calendar.special_days.open " +
    "calendar.special_days.open.from calendar.special_days.open.to",

  "lib/metadata/feed.ts": "feed.versions feed.versions.from",
  "lib/metadata/feed_references.ts": "feed.id feed.versions.sequenced",
  "lib/metadata/registry.ts": "feed.calendar",
  "lib/metadata/instruments/security_master.ts":
    "instrument.id instrument.versions instrument.versions.effective instrument.versions.known instrument.mappings instrument.mappings.feed instrument.mappings.external instrument.mappings.from instrument.mappings.to instrument.mappings.known",
  "cli/secmaster/open_master.ts":
    "instrument.name instrument.asset_class instrument.versions.state instrument.versions.base instrument.versions.quote instrument.versions.figi",
  "gateway/rest/feed_info.ts": "feed.display_name feed.type",
  "exchanges/registry.ts": "feed.versions.sequence_field feed.versions.capabilities.book_checksum",
  "gateway/rest/routes/meta.ts": "feed.versions.auth.method",
  "lib/metadata/environment_references.ts":
    "feed.status feed.versions.auth feed.versions.auth.fields feed.versions.capabilities " +
    "feed.versions.capabilities.types feed.versions.capabilities.book_depths environment.schema",
  "lib/metadata/deployment.ts": "feed.versions.endpoint feed.versions.parser " +
    "feed.versions.symbols_per_connection feed.versions.rate_limit feed.versions.rate_limit.per " +
    "feed.versions.rate_limit.requests feed.versions.rest feed.capture_locations feed.capture_locations.id " +
    "environment.name environment.location environment.keys environment.feeds " +
    "environment.symbols environment.symbols.feed environment.symbols.external " +
    "environment.symbols.depth environment.transport environment.transport.url " +
    "environment.transport.max_bytes environment.transport.max_age " +
    "environment.transport.credentials environment.cache environment.storage environment.storage.path " +
    "environment.gateway " +
    "environment.simulator environment.endpoints environment.credentials " +
    "environment.connects environment.connects.burst environment.connects.refill " +
    "environment.gateway.issues environment.agents environment.agents.webhooks.url",
  "lib/metadata/client_store_config.ts": "environment.gateway.clients " +
    "environment.gateway.clients.path environment.gateway.clients.credentials " +
    "environment.gateway.clients.clients_kept environment.gateway.clients.url " +
    "environment.gateway.clients.tls",
  "lib/database/postgres_tls.ts": "environment.gateway.clients.tls.ca " +
    "environment.gateway.clients.tls.cert environment.gateway.clients.tls.key " +
    "environment.gateway.clients.tls.server_name",
  "lib/metadata/deployed_issues.ts": "environment.gateway.issues.credentials",
  "gateway/feedback/environment_tracker.ts": "environment.gateway.issues.from " +
    "environment.gateway.issues.team_id environment.gateway.issues.url",
  "lib/metadata/deployed_agents.ts":
    "environment.agents.model environment.agents.model.credentials environment.agents.webhooks " +
    "environment.agents.webhooks.credentials",
  "agents/open_agents.ts": "environment.agents.budget " +
    "environment.agents.budget.calls_per_thread environment.agents.budget.tokens_per_thread " +
    "environment.agents.budget.calls_per_day environment.agents.budget.tokens_per_day",
  "agents/agent_service.ts": "environment.agents.policies",
  "agents/act/action_agent.ts": "policy.name policy.actions",
  "agents/act/action_store.ts": "policy.signals policy.symbols policy.within " +
    "policy.per_hour policy.actions.severity policy.actions.to policy.actions.side " +
    "policy.actions.size",
  "agents/act/action_graph.ts": "policy.default policy.actions.approve",
  "agents/model/open_model.ts": "environment.agents.model.path",
  "agents/model/provider_model.ts": "environment.agents.model.model environment.agents.model.url",
  "connector/clock_quality.ts":
    "feed.capture_locations.clock_source feed.capture_locations.clock_accuracy_us",

  "lib/metadata/key_shape.ts": "environment.keys.type",
  "lib/metadata/key_source.ts":
    "environment.keys.fields environment.keys.required environment.keys.source",
  "lib/metadata/key_age.ts": "environment.keys.rotation_days",
  "lib/metadata/deployed_cache.ts": "environment.cache.max_bytes " +
    "environment.cache.credentials",
  "lib/cache/redis.ts": "environment.cache.url",
  "lib/metadata/deployed_storage.ts":
    "environment.storage.path_style environment.storage.credentials",
  "lib/storage/s3.ts": "environment.storage.buckets environment.storage.buckets.raw " +
    "environment.storage.buckets.normalized",
  "lib/storage/s3_client.ts": "environment.storage.endpoint environment.storage.region",
  "lib/journal/open.ts": "environment.journal.path",
  "lib/metadata/journal_config.ts": "environment.journal",
  "jobs/open_board.ts": "environment.scheduler",
  "jobs/temporal/temporal_queue.ts": "environment.scheduler.address " +
    "environment.scheduler.namespace environment.scheduler.task_queue " +
    "environment.scheduler.tls environment.scheduler.credentials",
  "jobs/temporal/connect.ts": "environment.scheduler.tls.ca environment.scheduler.tls.cert " +
    "environment.scheduler.tls.key environment.scheduler.tls.server_name",
  "lib/metadata/instruments/fees_at.ts":
    "instrument.versions.fee_changes instrument.versions.fee_changes.from",
  "gateway/access/environment_authenticator.ts": "environment.gateway.auth " +
    "environment.gateway.open_to_network environment.gateway.allowed_hosts " +
    "environment.gateway.allowed_origins environment.gateway.oidc " +
    "environment.gateway.client_certificates environment.gateway.client_certificates.proxies " +
    "environment.gateway.oidc.sign_in.credentials " +
    "environment.gateway.oidc.sign_in.credentials.client_secret",
  "gateway/http/tls_files.ts":
    "environment.gateway.tls.cert environment.gateway.tls.key environment.gateway.tls.client_ca",
  "gateway/access/token_check.ts": "environment.gateway.oidc.issuer " +
    "environment.gateway.oidc.audience environment.gateway.oidc.algorithms " +
    "environment.gateway.oidc.clock_skew_s environment.gateway.oidc.keys_kept " +
    "environment.gateway.oidc.jwks_url",
  "gateway/access/issuer_sign_in.ts":
    "environment.gateway.oidc.sign_in environment.gateway.oidc.sign_in.client_id " +
    "environment.gateway.oidc.sign_in.authorization_url " +
    "environment.gateway.oidc.sign_in.token_url " +
    "environment.gateway.oidc.sign_in.redirect_url environment.gateway.oidc.sign_in.scopes " +
    "environment.gateway.oidc.sign_in.client_auth",
  "gateway/access/role.ts": "rbac.clients rbac.tokens rbac.tokens.claim rbac.tokens.value " +
    "rbac.tokens.role rbac.certificates rbac.certificates.subject rbac.certificates.role",
  "gateway/access/external_key.ts": "rbac.tokens.client rbac.certificates.client",
  "lib/metadata/rbac_references.ts": "rbac.environment",
  "gateway/main.ts":
    "environment.gateway.host environment.gateway.port environment.gateway.slow_clients " +
    "environment.gateway.tls",
  "gateway/gateway_parts.ts": "environment.gateway.slow_clients.policy " +
    "environment.gateway.slow_clients.buffer_bytes " +
    "environment.gateway.slow_clients.buffer_messages " +
    "environment.gateway.slow_clients.disconnect_after_s",
  "cli/commands/data_retention.ts": "environment.retention",
  "jobs/schedule.ts": "environment.schedule environment.schedule.timezone " +
    "environment.schedule.day_end environment.schedule.auto_roll",
  "dataset/retention/plan_retention.ts":
    "environment.retention.raw_days environment.retention.normalized_days",
  "signals/live/read_signals.ts":
    "environment.signals environment.signals.params environment.signals.enabled",
  "lib/metadata/shards.ts": "environment.shards environment.shards.selector",
  "cli/commands/shard_list.ts": "environment.shards.replicas environment.shards.resources " +
    "environment.shards.resources.cpu environment.shards.resources.memory",
  "cli/up/simulators.ts":
    "environment.simulator.seed environment.simulator.rate environment.simulator.ports " +
    "environment.simulator.rolls",

  "lib/metadata/check.ts": "schema.struct",
  "lib/metadata/schema.ts": "schema.versions schema.versions.from schema.versions.status",
  "lib/metadata/schema_references.ts":
    "schema.name schema.versions.version schema.versions.file schema.versions.sha256",

  "lib/metadata/qa_references.ts": "qa.feed",
  "dataset/qa/qa.ts": "qa.checks qa.checks.records qa.checks.symbols qa.checks.of " +
    "qa.checks.clock",
  "dataset/qa/range_check.ts": "qa.checks.field qa.checks.min qa.checks.max",
  "dataset/qa/time_checks.ts": "qa.checks.longest qa.checks.per_hour qa.checks.tolerance",
  "dataset/qa/duplicate_ids.ts": "qa.checks.id",
};

interface Node {
  const?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  oneOf?: Node[];
}

/** Paths of all fields below a node, but of those that have one value only: they state what is so. */
function* fieldsOf(node: Node, path: string): Generator<string> {
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    const below = `${path}.${name}`;
    const inner = [...fieldsOf(field, below)];
    if (!isFixed(field)) yield below;
    yield* inner;
  }
  const { items, additionalProperties: values } = node;
  const inside = [items, values, ...node.anyOf ?? [], ...node.oneOf ?? []];
  for (const each of inside) if (typeof each === "object") yield* fieldsOf(each, path);
}

function isFixed({ const: only, properties, oneOf }: Node): boolean {
  if (only !== undefined) return true;
  if (oneOf !== undefined) return oneOf.length === 1 && oneOf.every(isFixed);
  const fields = Object.values(properties ?? {});
  return fields.length > 0 && fields.every(isFixed);
}

function allFields(): string[] {
  const paths = [...jsonSchemas()].flatMap(([name, text]) => [
    ...fieldsOf(JSON.parse(text), name.replace(".schema.json", "")),
  ]);
  return [...new Set(paths)].sort();
}

/** Whether code takes a field of a value: `.name`, `{ name }` or `fieldOf(value, "name")`. */
function reads(code: string, name: string): boolean {
  return new RegExp(`\\.${name}\\b|[{,]\\s*${name}\\b\\s*[,:=}]|"${name}"`).test(code);
}

/** Code without comments, and without the schemas that declare the fields. */
function codeOf(file: string): string {
  return Deno.readTextFileSync(new URL(file, ROOT))
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    .replace(/^(?:export )?const [A-Z_]+ = [\s\S]*?^\}?\)?.*;$/gm, "");
}

Deno.test("every field of every file has a reader, and no reader is named for a field that is gone", () => {
  const named = Object.values(READERS).flatMap((fields) => fields.split(" "));
  assert.deepEqual([...named, ...FOR_PEOPLE].sort(), allFields());
});

for (const [file, fields] of Object.entries(READERS)) {
  Deno.test(`${file} reads the settings that it is named for`, () => {
    const code = codeOf(file);
    const unread = fields.split(" ").filter((path) => !reads(code, path.split(".").at(-1) ?? ""));
    assert.deepEqual(unread, []);
  });
}

Deno.test("a field whose only mention is its declaration or a comment has no reader", () => {
  assert.equal(reads("const { rate, seed = 1 } = simulator;", "seed"), true);
  assert.equal(reads("spec.max_age", "max_age"), true);
  assert.equal(reads("spec.max_age_s", "max_age"), false);
  assert.equal(reads("maximum of max_age", "max_age"), false);
  assert.equal(reads(codeOf("lib/metadata/feed.ts"), "rate_limit"), false);
});
