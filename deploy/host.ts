/**
 * `ssmd-host HOST`: the process without rights of a compiled program, which runs customers' code.
 * From the sources each host is a process of Deno of its own. @module
 */
const HOSTS: Readonly<Record<string, () => Promise<unknown>>> = {
  signals: () => import("../signals/host/main.ts"),
  transform: () => import("../transforms/host/javascript.ts"),
};

// It serves its pipe while the module is loaded, and ends the process.
await HOSTS[Deno.args[0] ?? ""]?.();
