import { BRIEFS } from "./commands/index.ts";
import { loadModule } from "./load_module.ts";
import { type Command, fileOfCommand } from "./command/define.ts";

/** Command whose module is not loaded yet. */
export interface LazyCommand {
  /** Same text as the command's own brief. */
  readonly brief: string;
  readonly load: () => Promise<{ default: Command }>;
}

/** Every command by its words, loaded when it is called. */
export const COMMAND_INDEX: Readonly<Record<string, LazyCommand>> = Object.fromEntries(
  Object.entries(BRIEFS).map(([name, brief]) => {
    const load = () => loadModule<{ default: Command }>(`./commands/${fileOfCommand(name)}`);
    return [name, { brief, load }];
  }),
);
