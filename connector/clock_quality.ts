import type { CaptureClock } from "@ssmd/archive";
import type { CaptureLocation } from "@ssmd/metadata";
import { endProcess } from "@ssmd/runtime";

/** Timeout of a clock query. */
const ANSWER_MS_MAX = 1000;
/** Longest answer that is read; chrony's is one line of about 150 bytes. */
const ANSWER_BYTES_MAX = 4096;
/** Created by systemd-timesyncd once it has set the clock from a server. */
const TIMESYNCD_FLAG = "/run/systemd/timesync/synchronized";
/** Reference id of a chrony that follows no other clock: its `local` reference, 127.127.1.1. */
const OWN_REFERENCE = "7F7F0101";

/** Where clock status is read from; tests inject their own. */
export interface ClockSources {
  /** Program and arguments that print chrony's tracking as CSV. */
  chronyc: readonly [program: string, ...args: string[]];
  /** File that exists once timesyncd has set the clock. */
  timesyncdFlag: string;
  /** Timeout of chronyc, ms; default {@linkcode ANSWER_MS_MAX}. */
  answerMsMax?: number;
}

/** Chrony, then systemd-timesyncd. */
export const CLOCK_SOURCES: ClockSources = {
  chronyc: ["chronyc", "-c", "tracking"],
  timesyncdFlag: TIMESYNCD_FLAG,
};

/**
 * Reads the status of the machine's clock from chrony, then from timesyncd. When neither answers,
 * status is `unknown` and source is the one declared by `location`. A missing program, a missing
 * permission, a late or a malformed answer count as no answer. Never throws; takes {@linkcode
 * ANSWER_MS_MAX} at most.
 */
export async function readClock(
  location?: CaptureLocation,
  sources: ClockSources = CLOCK_SOURCES,
): Promise<CaptureClock> {
  const answer = await askChrony(sources);
  const tracking = answer === undefined ? undefined : parseTracking(answer);
  if (tracking !== undefined) return clockOf(tracking, location);
  const source = location?.clock_source ?? "system";
  if (await isThere(sources.timesyncdFlag)) {
    return { source: "ntp", status: "synchronized", offsetUs: null };
  }
  return { source, status: "unknown", offsetUs: null };
}

/** Status of the system's clock as chrony reports it. */
interface Tracking {
  /** Id of the reference clock, eight hexadecimal digits. */
  reference: string;
  /** Steps to a reference clock; 1 = it is on this machine, 0 = no reference. */
  stratum: number;
  /** System clock minus reference, µs; positive = fast. */
  offsetUs: number;
  isSynchronized: boolean;
}

/**
 * Parses the output of `chronyc -c tracking`: reference id, its name, stratum, time of the last
 * measurement, offset of the system's clock in seconds (positive = slow), …, leap status as the
 * 14th field. Returns undefined for any other text.
 */
function parseTracking(text: string): Tracking | undefined {
  const fields = text.trim().split(",");
  const [reference = "", , stratum = "", , slow = ""] = fields;
  const leap = fields[13] ?? "";
  const whole = fields.length === 14 && /^[0-9A-F]{8}$/.test(reference) &&
    /^\d{1,2}$/.test(stratum) && /^-?\d{1,9}\.\d+$/.test(slow) &&
    /^(Normal|Insert second|Delete second|Not synchronised)$/.test(leap);
  if (!whole) return undefined;
  return {
    reference,
    stratum: Number(stratum),
    // Adding 0 avoids -0 in the archive.
    offsetUs: Math.round(Number(slow) * -1_000_000) + 0,
    isSynchronized: leap !== "Not synchronised" && stratum !== "0" && reference !== OWN_REFERENCE,
  };
}

function clockOf(tracking: Tracking, location: CaptureLocation | undefined): CaptureClock {
  const { stratum, offsetUs, isSynchronized } = tracking;
  // At stratum 1 chrony follows a clock of this machine; the location declares its kind.
  const declared = stratum === 1 && ["ptp", "gps"].includes(location?.clock_source ?? "");
  const source = declared ? location?.clock_source ?? "chrony" : "chrony";
  if (!isSynchronized) {
    const why = "chrony follows no other clock";
    return { source, status: "unsynchronized", offsetUs: null, why };
  }
  if (location !== undefined && Math.abs(offsetUs) > location.clock_accuracy_us) {
    const why =
      `off by ${offsetUs} µs, expected at ${location.id}: ±${location.clock_accuracy_us} µs`;
    return { source, status: "unsynchronized", offsetUs, why };
  }
  return { source, status: "synchronized", offsetUs };
}

async function askChrony(
  { chronyc: [program, ...args], answerMsMax = ANSWER_MS_MAX }: ClockSources,
): Promise<string | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      ...{ args, stdin: "null", stdout: "piped", stderr: "null" },
      // The child must not inherit keys from the environment.
      clearEnv: true,
    }).spawn();
  } catch {
    // The program is missing or may not be run.
    return undefined;
  }
  const reader = child.stdout.getReader();
  // A grandchild may keep the pipe open after chronyc exits, so the read is cancelled as well.
  const late = setTimeout(() => {
    endProcess(child);
    reader.cancel().catch(() => {});
  }, answerMsMax);
  try {
    const text = await readSome(reader);
    if (text === undefined) endProcess(child);
    return (await child.status).success ? text : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(late);
  }
}

/** Returns the text of a short answer; undefined when it exceeds {@linkcode ANSWER_BYTES_MAX}. */
async function readSome(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    if (text.length <= ANSWER_BYTES_MAX) continue;
    await reader.cancel();
    return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    // Missing, or not permitted.
    return false;
  }
}
