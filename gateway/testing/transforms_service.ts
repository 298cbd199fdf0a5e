import { transformsSubject } from "@ssmd/market";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { TransformService, type TransformServiceOptions } from "@ssmd/transforms";
import type { Transport } from "@ssmd/transport";
import type { GatewayRig } from "./gateway_rig.ts";
import { withGateway } from "./gateway_rig.ts";

/** Runs a test with a gateway and a transforms service with these transforms: file name → source. */
export async function withTransforms(
  sources: Readonly<Record<string, string>>,
  test: (rig: GatewayRig) => Promise<void>,
  options: Partial<TransformServiceOptions> = {},
): Promise<void> {
  const registryDir = await Deno.makeTempDir({ prefix: "ssmd-transforms-" });
  await Deno.mkdir(`${registryDir}/transforms`);
  for (const [name, text] of Object.entries(sources)) {
    await Deno.writeTextFile(`${registryDir}/transforms/${name}`, text);
  }
  try {
    await withGateway(async (rig) => {
      const service = new TransformService({
        ...{ env: "test", registryDir, transport: rig.transport, logger: silentLogger },
        ...{ metrics: new Metrics("transforms", rig.metrics.registry), ...options },
      });
      await service.start();
      try {
        await test(rig);
      } finally {
        await service.close();
      }
    });
  } finally {
    await Deno.remove(registryDir, { recursive: true });
  }
}

/** Answers like a transforms service without transforms. */
export async function answerAsTransforms(transport: Transport): Promise<void> {
  const none = new TextEncoder().encode(JSON.stringify({ ok: true, transforms: [] }));
  await transport.respond(transformsSubject("test"), () => none);
}
