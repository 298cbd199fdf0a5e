import { type Logger, systemCodeOf } from "@ssmd/runtime";
import { troubleOf } from "./spool.ts";

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

/**
 * Notes a proper stop. A disk that refuses it is only told: what could not be archived is still in
 * the spool, and the next start counts from there.
 */
export async function writeLastStop(dir: string, stop: LastStop, logger: Logger): Promise<void> {
  try {
    await Deno.writeTextFile(`${dir}/last-stop.json.tmp`, JSON.stringify(stop));
    await Deno.rename(`${dir}/last-stop.json.tmp`, `${dir}/last-stop.json`);
  } catch (error) {
    logger.error("the time of this stop cannot be noted", { error: troubleOf(error, dir) });
  }
}
