import {
  type Application,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type RouteMap,
} from "@stricli/core";
import { stricliCommand } from "./command/stricli_command.ts";
import { COMMAND_INDEX, type LazyCommand } from "./command_index.ts";
import type { SsmdContext } from "./context.ts";
import { exitCodeOf } from "./exit.ts";
import { withGlobals } from "./global_flags.ts";
import { parserMessages } from "./parser_messages.ts";

/** Commands under a common word; may be nested. */
export interface Group {
  brief: string;
  routes: Readonly<Record<string, Entry>>;
}

/** Command or group. */
type Entry = LazyCommand | Group;

/** Top-level words in help order: brief of a group, "" = a command. Unlisted commands follow. */
const WORDS: Readonly<Record<string, string>> = {
  "up": "",
  "status": "",
  "tui": "",
  "exchange": "Simulated exchanges",
  "archive": "Archived files",
  "data": "Archived records: list, check, export, replay and remove them",
  "query": "",
  "ask": "",
  "transform": "Your own record formats: store, test, list and remove them",
  "signal": "Signals in code: create, check, list, enable and disable them",
  "backtest": "",
  "reprocess": "Versions of archived records, rebuilt from raw",
  "test": "Compare revisions of this software",
  "qa": "Checks of archived days",
  "dlq": "Dead letters: frames and records that a component could not process",
  "day": "Trading days of feeds: start, roll and end them",
  "job": "Background jobs of up and the worker",
  "schedule": "Schedules of jobs",
  "journal": "The journal of an environment: uses of keys, removals, jobs, trading days",
  "storage": "Versions of objects in buckets",
  "key": "Keys of environments; values are never shown",
  "client": "Clients of the gateway: connections, keys, entitlements, limits and usage",
  "client api-key": "Keys of clients",
  "audit": "The audit log: list, export and verify it",
  "security": "Blocked addresses, keys and a scan for insecure settings",
  "report": "Reports on clients: for an exchange's auditor, entitlements, data access and changes",
  "role": "Roles: who may do what at the gateway",
  "agent": "Agents that write signals from sentences",
  "action": "Actions of policies for fires: list, show, approve and reject them",
  "feedback": "Issues that clients reported",
  "mcp": "Tools for agents (Model Context Protocol)",
  "feed": "Feeds of the registry",
  "calendar": "Trading calendars of feeds",
  "schema": "Registered schemas of records",
  "env": "Environments of the registry",
  "secmaster": "Instruments: versions over time and names at feeds",
  "enricher": "Enrichers of environments, which compute values beside records",
  "symbol": "Symbols and their markets",
  "clock": "This machine's clock",
  "shard": "Parts of an environment's markets with processes of their own",
};

/** All commands of `ssmd` as a tree, in help order. */
export const COMMANDS: Group["routes"] = buildTree();

function buildTree(): Group["routes"] {
  let tree: Group["routes"] = {};
  for (const name of new Set([...Object.keys(WORDS), ...Object.keys(COMMAND_INDEX)])) {
    const entry = COMMAND_INDEX[name] ?? { brief: WORDS[name] ?? "", routes: {} };
    tree = withEntry(tree, name.split(" "), entry);
  }
  return tree;
}

function withEntry(
  tree: Group["routes"],
  [word = "", ...below]: readonly string[],
  entry: Entry,
): Group["routes"] {
  if (below.length === 0) return { ...tree, [word]: entry };
  const group = tree[word];
  if (group === undefined || "load" in group) throw new RangeError(`no group "${word}"`);
  return { ...tree, [word]: { ...group, routes: withEntry(group.routes, below, entry) } };
}

/**
 * Builds the application for these arguments. Only the command they name is loaded, so help and usage errors cost no
 * more than the parser; `loadAll` loads every command, for references and checks.
 */
export async function buildApp(
  args: readonly string[],
  loadAll = false,
): Promise<Application<SsmdContext>> {
  const words = loadAll ? "all" : args.filter((arg) => !arg.startsWith("-"));
  const root = buildRouteMap({
    routes: await targetsOf(COMMANDS, words),
    docs: {
      brief: "Capture, stream, archive and serve market data",
      fullDescription: "Capture, stream, archive and serve market data.\n\n" +
        "EXAMPLES\n  ssmd up\n  ssmd up --help\n  ssmd archive verify --data ./data\n\n" +
        "Exit codes: 0 done, 1 failed, 2 wrong usage.",
    },
  });
  return buildApplication(root, {
    name: "ssmd",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { caseStyle: "convert-camel-to-kebab", disableAnsiColor: true },
    localization: { text: parserMessages },
    determineExitCode: exitCodeOf,
  });
}

/** Number of leading words that name a command, as in `client api-key create`. */
export function wordsOf(words: readonly string[]): number {
  let entries = COMMANDS;
  for (const [i, word] of words.entries()) {
    const entry = Object.hasOwn(entries, word) ? entries[word] : undefined;
    if (entry === undefined || "load" in entry) return i + 1;
    entries = entry.routes;
  }
  return words.length;
}

type Target = Command<SsmdContext> | RouteMap<SsmdContext>;

/**
 * Loads the command that `words` lead to; its siblings keep only their brief, and a level whose next
 * word is named has no others. undefined = load none.
 */
async function targetsOf(
  entries: Readonly<Record<string, Entry>>,
  words: readonly string[] | "all" | undefined,
): Promise<Record<string, Target>> {
  const targets: Record<string, Target> = {};
  const isNamed = words !== "all" && words?.[0] !== undefined && Object.hasOwn(entries, words[0]);
  for (const [name, entry] of Object.entries(entries)) {
    if (isNamed && name !== words[0]) continue;
    const below = words === "all" ? words : words?.[0] === name ? words.slice(1) : undefined;
    targets[name] = "load" in entry ? await commandOf(entry, below !== undefined) : buildRouteMap({
      routes: await targetsOf(entry.routes, below),
      docs: { brief: entry.brief },
    });
  }
  return targets;
}

async function commandOf(
  entry: LazyCommand,
  wanted: boolean,
): Promise<Command<SsmdContext>> {
  if (wanted) {
    const { default: command } = await entry.load();
    return withGlobals(stricliCommand(command));
  }
  return buildCommand({
    docs: { brief: entry.brief },
    parameters: {},
    loader: () => Promise.resolve(() => {}),
  });
}
