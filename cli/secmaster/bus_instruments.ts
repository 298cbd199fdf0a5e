import { BusInstruments } from "@ssmd/connector";
import { loadSharedDeployment } from "@ssmd/metadata";
import { openTransport } from "@ssmd/transport";
import type { SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";

/** Opens the security master of an environment's bus for a while. Throws as the bus does. */
export async function withBusInstruments<T>(
  context: SsmdContext,
  env: string,
  action: (store: BusInstruments) => Promise<T>,
): Promise<T> {
  const registryDir = await registryDirOf(context.globals);
  const deployment = await loadSharedDeployment({ env, registryDir, signsInto: () => [] });
  const transport = await openTransport(deployment.transport, { env });
  try {
    const store = await BusInstruments.open(transport, env);
    const result = await action(store);
    await store.close();
    return result;
  } finally {
    await transport.close();
  }
}
