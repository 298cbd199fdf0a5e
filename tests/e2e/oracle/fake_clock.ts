/** Where Debian's package libfaketime puts it, whatever the machine. */
const FOLDER = "/usr/lib";
const LIBRARY = "faketime/libfaketime.so.1";
const DAY_MS = 86_400_000;

function library(): string | undefined {
  for (const { name } of Deno.readDirSync(FOLDER)) {
    const path = `${FOLDER}/${name}/${LIBRARY}`;
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // A folder of something else.
    }
  }
  return undefined;
}

/**
 * Variables under which a program and all that it starts live `seconds` before a midnight of UTC.
 * Empty where libfaketime is not installed: such a run has one day only; SSMD_REQUIRE_SERVICES=1
 * makes that an error.
 */
export function fakeClock(seconds: number): Record<string, string> {
  const path = library();
  if (path === undefined) {
    if (Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1") return {};
    throw new Deno.errors.NotFound("libfaketime is not installed here");
  }
  const toMidnight = (DAY_MS - Date.now() % DAY_MS) / 1000;
  return {
    LD_PRELOAD: path,
    FAKETIME: `${toMidnight - seconds >= 0 ? "+" : ""}${(toMidnight - seconds).toFixed(0)}s`,
    // Pauses and timeouts go by this clock: it stays as it is.
    DONT_FAKE_MONOTONIC: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}
