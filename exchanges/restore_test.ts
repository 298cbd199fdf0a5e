import assert from "node:assert/strict";
import { VENUES } from "./mod.ts";
import { goldenFrames, goldenSymbol } from "./_golden_fixtures.ts";
import { Translator } from "./translator.ts";

const START_US = 1_785_542_400_000_000;
const BETWEEN_FRAMES_US = 1_000;

function atUsOf(frame: number): number {
  return START_US + (frame + 1) * BETWEEN_FRAMES_US;
}

for (const venue of Object.values(VENUES)) {
  for (const { id, create } of venue.normalizers) {
    const newOne = () => {
      const normalizer = create({ feed: venue.id, symbols: [goldenSymbol(venue.id)] });
      return { normalizer, translator: new Translator(venue.id, normalizer) };
    };

    Deno.test(`${id}: a state replaces all that a normalizer knows`, async () => {
      const frames = await goldenFrames(id);
      for (const part of [0, 0.3, 0.7]) {
        const cut = Math.floor(frames.length * part);
        const [one, other] = [newOne(), newOne()];
        const take = ({ translator }: typeof one, upTo: number) => {
          translator.line({ kind: "event", atUs: START_US, name: "connect", why: "" });
          for (const [i, text] of frames.slice(0, upTo).entries()) {
            translator.line({ kind: "frame", atUs: atUsOf(i), text });
          }
        };
        take(one, cut);
        take(other, frames.length);
        // It knows of a break, too.
        const atUs = atUsOf(frames.length);
        other.translator.line({ kind: "event", atUs, name: "disconnect", why: "closed" });
        other.normalizer.restore(one.normalizer.state());
        assert.deepEqual(other.normalizer.state(), one.normalizer.state());
        for (const [i, text] of frames.slice(cut).entries()) {
          const [records, expected] = [other, one].map(({ normalizer }) =>
            normalizer.normalize(JSON.parse(text), text, atUsOf(cut + i))
          );
          assert.deepEqual(records, expected, text);
        }
      }
    });
  }
}
