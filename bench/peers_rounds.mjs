// What the Node peers of peers_bench.ts share: lines of JSON on stdin name a stage, a file of frames and
// how often they are taken, each time by a handler made anew; the answer is the CPU time a frame, µs,
// and how many things the stage made.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

const files = new Map();

function framesOf(file) {
  let frames = files.get(file);
  if (frames === undefined) {
    frames = readFileSync(file, "utf8").trim().split("\n").map((line) => Buffer.from(line));
    files.set(file, frames);
  }
  return frames;
}

/** JSON.parse alone, of texts, as in peers_bench.ts. */
function parseRound(frames, repeats) {
  const texts = frames.map((frame) => frame.toString());
  const before = process.cpuUsage();
  for (let r = 0; r < repeats; r++) for (const text of texts) JSON.parse(text);
  const { user, system } = process.cpuUsage(before);
  return { us: (user + system) / (repeats * frames.length), made: frames.length };
}

/** `stages`: by name, what makes a function that takes a frame's bytes and returns how much it made. */
export async function answerRounds(version, stages) {
  console.log(JSON.stringify({ version }));
  for await (const line of createInterface({ input: process.stdin })) {
    const { stage, file, repeats } = JSON.parse(line);
    const frames = framesOf(file);
    if (stage === "parse") {
      console.log(JSON.stringify(parseRound(frames, repeats)));
      continue;
    }
    let [us, made] = [0, 0];
    for (let r = 0; r < repeats; r++) {
      const take = stages[stage]();
      const before = process.cpuUsage();
      for (const frame of frames) made += take(frame);
      const { user, system } = process.cpuUsage(before);
      us += user + system;
    }
    console.log(JSON.stringify({ us: us / (repeats * frames.length), made }));
  }
}
