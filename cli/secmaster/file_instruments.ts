import { editorLine, type InstrumentFile, registryPathOf, yamlText } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { applyChanges } from "../registry/change.ts";
import type { Registry } from "../registry/registry.ts";
import type { InstrumentStore } from "@ssmd/connector";
import { checkRegistry } from "../registry/check_registry.ts";

/** Instrument store in the registry's files, for environments without a shared bus. */
export class FileInstruments implements InstrumentStore {
  #context: SsmdContext;
  #registry: Registry;
  #changes = new Map<string, string>();

  /** Changes are written on `close`. */
  constructor(context: SsmdContext, registry: Registry) {
    this.#context = context;
    this.#registry = registry;
  }

  known(): Promise<Map<string, InstrumentFile>> {
    return Promise.resolve(checkRegistry(this.#registry).instruments);
  }

  put(instruments: readonly InstrumentFile[]): Promise<void> {
    for (const instrument of instruments) {
      const path = registryPathOf({ kind: "instrument", name: instrument.id });
      this.#changes.set(path, yamlText(instrument, [editorLine("instrument")]));
    }
    return Promise.resolve();
  }

  /** Writes all files, or none when one is invalid. Throws ConfigError. */
  async close(): Promise<void> {
    const changes = this.#changes;
    await applyChanges(this.#context, { registry: this.#registry, changes }, { dryRun: false });
  }
}
