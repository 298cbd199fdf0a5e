import {
  type Application,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type Command,
  type CommandContext,
  type RouteMap,
} from "@stricli/core";
import { exitCodeOf } from "./exit.ts";
import { REGISTRY_COMMANDS } from "./registry/entries.ts";
import { texts } from "./texts.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  /** One line for the list of commands; equal to the command's own brief. */
  brief: string;
  load: () => Promise<{ command: Command<CommandContext> }>;
}

/** A command, or commands under a common word. */
type Entry = LazyCommand | { brief: string; routes: Record<string, LazyCommand> };

/** All commands of `ssmd`, in the order of the help. A new one is one line here and one file. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  up: {
    brief: "Start everything for an environment in one process",
    load: () => import("./commands/up.ts"),
  },
  exchange: {
    brief: "Simulated exchanges",
    routes: {
      serve: {
        brief: "Serve a venue's own protocol on loopback, from a market model or a capture",
        load: () => import("./commands/exchange_serve.ts"),
      },
    },
  },
  archive: {
    brief: "Archived files",
    routes: {
      verify: {
        brief: "Recount every archived file against its manifest and the raw frames",
        load: () => import("./commands/archive_verify.ts"),
      },
      cat: {
        brief: "Print a raw or normalized file as JSON lines",
        load: () => import("./commands/archive_cat.ts"),
      },
    },
  },
  ...REGISTRY_COMMANDS,
  version: {
    brief: "Print the versions of ssmd and what it runs on",
    load: () => import("./commands/version.ts"),
  },
};

/**
 * The application for these arguments. Only the command that they name is loaded, so that help and
 * mistakes cost no more than the parser; `loadAll` loads every one, for references and checks.
 */
export async function buildApp(
  args: readonly string[],
  loadAll = false,
): Promise<Application<CommandContext>> {
  const [first, second] = args.filter((arg) => !arg.startsWith("-"));
  const routes: Record<string, Command<CommandContext> | RouteMap<CommandContext>> = {};
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const wanted = loadAll || name === first;
    if ("load" in entry) routes[name] = await commandOf(entry, wanted);
    else {
      const below: Record<string, Command<CommandContext>> = {};
      for (const [word, each] of Object.entries(entry.routes)) {
        below[word] = await commandOf(each, wanted && (loadAll || word === second));
      }
      routes[name] = buildRouteMap({ routes: below, docs: { brief: entry.brief } });
    }
  }
  const root = buildRouteMap({
    routes,
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
    localization: { text: texts },
    determineExitCode: exitCodeOf,
  });
}

async function commandOf(entry: LazyCommand, wanted: boolean): Promise<Command<CommandContext>> {
  if (wanted) return (await entry.load()).command;
  return buildCommand({
    docs: { brief: entry.brief },
    parameters: {},
    loader: () => Promise.resolve(() => {}),
  });
}
