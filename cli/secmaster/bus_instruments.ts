import { type BusInstruments, withBusInstruments as withInstruments } from "@ssmd/connector";
import type { SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Opens the security master on an environment's bus for `action`. Throws the bus's errors. */
export async function withBusInstruments<T>(
  context: SsmdContext,
  env: string,
  action: (store: BusInstruments) => Promise<T>,
): Promise<T> {
  return await withInstruments({ env, registryDir: await registryDirOf(context.globals) }, action);
}
