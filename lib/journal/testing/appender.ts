import { fileJournal } from "@ssmd/journal";

/** Appends until killed; prints each confirmed position on stdout, one per line. */
async function main(dir: string, name: string): Promise<void> {
  const journal = await fileJournal(dir, { segmentBytesMax: 20_000 });
  for (let n = 0;; n += 8) {
    const calls = Array.from(
      { length: 8 },
      (_, i) => journal.append("crash", { name, n: n + i, filler: "x".repeat(50 + (n + i) % 400) }),
    );
    const positions = await Promise.all(calls);
    console.log(positions.map((position, i) => `${position} ${n + i}`).join("\n"));
  }
}

await main(Deno.args[0] ?? "", Deno.args[1] ?? "");
