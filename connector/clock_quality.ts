import type { CaptureClock } from "@ssmd/archive";
import type { CaptureLocation } from "@ssmd/metadata";
import { endProcess } from "@ssmd/runtime";

/** Longest time that a question about the clock may take. */
const ANSWER_MS_MAX = 1000;
/** Most that is read of an answer; chrony's is one line of about 150 bytes. */
const ANSWER_BYTES_MAX = 4096;
/** systemd-timesyncd makes it when it has set the clock by a server. */
const TIMESYNCD_FLAG = "/run/systemd/timesync/synchronized";
/** Reference of a chrony that follows no other clock: its own `local` one, 127.127.1.1. */
const OWN_REFERENCE = "7F7F0101";

/** Whom the machine is asked about its clock; a test asks others. */
export interface ClockSources {
  /** Program and arguments that give chrony's tracking as CSV. */
  chronyc: readonly [program: string, ...args: string[]];
  /** File that is there when timesyncd has set the clock. */
  timesyncdFlag: string;
  /** Longest time that chronyc may take; default {@linkcode ANSWER_MS_MAX}. */
  answerMsMax?: number;
}

/** Chrony, then systemd-timesyncd. */
export const CLOCK_SOURCES: ClockSources = {
  chronyc: ["chronyc", "-c", "tracking"],
  timesyncdFlag: TIMESYNCD_FLAG,
};

/**
 * How the machine's clock is kept, as it says itself. Chrony is asked first, then timesyncd; where
 * neither answers, the status is `unknown` and the source what `place` declares. Nothing is guessed:
 * a missing program, a missing permission, a late answer and one that is no answer all mean that the
 * source does not say. Never throws, and takes {@linkcode ANSWER_MS_MAX} at most.
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

/** What chrony says of the system's clock. */
interface Tracking {
  /** Id of the clock it follows, eight hexadecimal digits. */
  reference: string;
  /** Steps to a reference clock; 1 = one is on this machine, 0 = it follows none. */
  stratum: number;
  /** The system's clock against the reference, µs; positive = it is fast. */
  offsetUs: number;
  isSynchronized: boolean;
}

/**
 * The answer of `chronyc -c tracking`: reference id, its name, stratum, time of the last
 * measurement, offset of the system's clock in seconds (positive = slow), …, as the 14th the leap
 * status. Undefined when it is another text.
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
    // No -0 into the archive.
    offsetUs: Math.round(Number(slow) * -1_000_000) + 0,
    isSynchronized: leap !== "Not synchronised" && stratum !== "0" && reference !== OWN_REFERENCE,
  };
}

function clockOf(tracking: Tracking, location: CaptureLocation | undefined): CaptureClock {
  const { stratum, offsetUs, isSynchronized } = tracking;
  // At stratum 1 chrony follows a clock of this machine: the place says of what kind.
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
      // Keys of the environment are no business of a child.
      clearEnv: true,
    }).spawn();
  } catch {
    // There is none, or this process may not run it.
    return undefined;
  }
  const reader = child.stdout.getReader();
  // What it started may hold its output open beyond its own end: the reading ends as well.
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

/** The text of a short answer; undefined for a long one, of which no more is read. */
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
    // It is not there, or this process may not look.
    return false;
  }
}
