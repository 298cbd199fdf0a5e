import { systemCodeOf } from "@ssmd/runtime";

/** When a run that ended properly had its last line. */
export interface LastStop {
  run: string;
  lastUs: number;
}

/** What the last proper stop left in `dir`, so that the time until the next start is a known gap. */
export async function readLastStop(dir: string): Promise<LastStop | undefined> {
  try {
    const stop = JSON.parse(await Deno.readTextFile(`${dir}/last-stop.json`)) as Partial<LastStop>;
    return typeof stop.run === "string" && Number.isSafeInteger(stop.lastUs)
      ? stop as LastStop
      : undefined;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Notes a proper stop. */
export async function writeLastStop(dir: string, stop: LastStop): Promise<void> {
  await Deno.writeTextFile(`${dir}/last-stop.json.tmp`, JSON.stringify(stop));
  await Deno.rename(`${dir}/last-stop.json.tmp`, `${dir}/last-stop.json`);
}
