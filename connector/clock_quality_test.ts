import assert from "node:assert/strict";
import type { CaptureLocation } from "@ssmd/metadata";
import { type ClockSources, readClock } from "./clock_quality.ts";

/** As chrony 4.3 prints them. */
const SLOW =
  "C0A80001,192.168.0.1,3,1795578651.718672338,0.000498331,-0.000000029,0.000000132,0.002,-0.001,0.246,0.000005701,0.000000863,0.5,Normal";
const PHC = "50484330,PHC0,1,1709727533.139866748,-0.000004315,-0.000003372,0.000002759,1.274," +
  "-0.005,0.161,0.000000001,0.000029493,8.0,Normal";
const NONE = "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000," +
  "1.000000000,1.000000000,0.0,Not synchronised";
const OWN = "7F7F0101,,8,1795578651.7,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000," +
  "0.000000000,0.000000000,0.0,Normal";

const LOCATION: CaptureLocation = { id: "here", clock_source: "ptp", clock_accuracy_us: 500 };
const UNKNOWN = { source: "system", status: "unknown", offsetUs: null };

/** Runs with a machine on which `chronyc` is this script (absent = there is none). */
async function onMachine(
  script: string | undefined,
  use: (sources: ClockSources, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-clock-" });
  try {
    const program = `${dir}/chronyc`;
    if (script !== undefined) {
      await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const chronyc = [program, "-c", "tracking"] as const;
    await use({ chronyc, timesyncdFlag: `${dir}/synchronized`, answerMsMax: 60_000 }, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function answers(line: string): string {
  return `[ "$*" = "-c tracking" ] && echo "${line}"`;
}

Deno.test("a clock that chrony keeps is synchronized, with the sign of its offset: slow is negative", async () => {
  await onMachine(answers(SLOW), async (sources) => {
    const expected = { source: "chrony", status: "synchronized", offsetUs: -498 };
    assert.deepEqual(await readClock(undefined, sources), expected);
    assert.deepEqual(await readClock(LOCATION, sources), expected);
  });
});

Deno.test("at stratum 1 chrony follows the clock that the place declares", async () => {
  await onMachine(answers(PHC), async (sources) => {
    const reading = { status: "synchronized", offsetUs: 4 };
    assert.deepEqual(await readClock(LOCATION, sources), { source: "ptp", ...reading });
    assert.deepEqual(await readClock(undefined, sources), { source: "chrony", ...reading });
  });
});

Deno.test("an offset beyond what the place expects is unsynchronized, and says by how much", async () => {
  await onMachine(answers(SLOW), async (sources) => {
    assert.deepEqual(await readClock({ ...LOCATION, clock_accuracy_us: 497 }, sources), {
      ...{ source: "chrony", status: "unsynchronized", offsetUs: -498 },
      why: "off by -498 µs, expected at here: ±497 µs",
    });
  });
});

Deno.test("a chrony that follows no clock, or its own, is unsynchronized", async () => {
  for (const line of [NONE, OWN]) {
    await onMachine(answers(line), async (sources) => {
      assert.deepEqual(await readClock(LOCATION, sources), {
        ...{ source: "chrony", status: "unsynchronized", offsetUs: null },
        why: "chrony follows no other clock",
      });
    });
  }
});

Deno.test("without chrony the status is unknown, and the source what the place declares", async () => {
  await onMachine(undefined, async (sources) => {
    assert.deepEqual(await readClock(undefined, sources), UNKNOWN);
    assert.deepEqual(await readClock(LOCATION, sources), { ...UNKNOWN, source: "ptp" });
  });
});

Deno.test("without chrony timesyncd is believed when its flag is there", async () => {
  await onMachine(`echo "506 Cannot talk to daemon"; exit 1`, async (sources) => {
    assert.deepEqual(await readClock(LOCATION, sources), { ...UNKNOWN, source: "ptp" });
    await Deno.writeTextFile(sources.timesyncdFlag, "");
    const clock = await readClock(LOCATION, sources);
    assert.deepEqual(clock, { source: "ntp", status: "synchronized", offsetUs: null });
  });
});

Deno.test("answers that are none of chrony's mean that it does not say", async () => {
  const garbage = [
    ["nothing", "true"],
    ["words", "echo Reference ID: 7F000001"],
    ["too few fields", answers("C0A80001,,3,1.0,0.1")],
    ["an offset that is no number", answers(SLOW.replace("0.000498331", "nan"))],
    ["an offset of centuries", answers(SLOW.replace("0.000498331", "1e308"))],
    ["an unknown leap status", answers(SLOW.replace("Normal", "Fine"))],
    ["two lines", `echo "${SLOW}"; echo "${SLOW}"`],
    ["bytes", "head -c 1000 /dev/urandom"],
    ["no end", "exec yes"],
    ["a good line and a bad end", `${answers(SLOW)}; exit 3`],
  ] as const;
  for (const [what, script] of garbage) {
    await onMachine(script, async (sources) => {
      assert.deepEqual(await readClock(undefined, sources), UNKNOWN, what);
    });
  }
});

Deno.test("a chronyc that hangs is given up, also when a child of its holds the output open", async () => {
  for (const script of ["exec sleep 600", "sleep 4 & wait"]) {
    await onMachine(script, async ({ chronyc, timesyncdFlag }) => {
      assert.deepEqual(await readClock(undefined, { chronyc, timesyncdFlag }), UNKNOWN, script);
    });
  }
});

Deno.test("a process that may not run chronyc nor look for timesyncd captures all the same", async () => {
  const module = new URL("./clock_quality.ts", import.meta.url).href;
  const config = new URL("../deno.json", import.meta.url).pathname;
  const script = `import { readClock } from ${JSON.stringify(module)};
    console.log(JSON.stringify(await readClock()));`;
  await onMachine(undefined, async (_, dir) => {
    await Deno.writeTextFile(`${dir}/ask.ts`, script);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--frozen", `--config=${config}`, `${dir}/ask.ts`],
    }).output();
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), UNKNOWN);
  });
});
