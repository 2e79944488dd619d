// What the data sets that are drawn share: evenly distributed choices, and pictures in a folder for each class.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';

const SEED = 1;
const PER_CLASS = 600;

// Choices that depend on the name alone: `below(limit)` is a whole number, `pick(values)` one of them.
export function stream(name) {
  let block = Buffer.alloc(0);
  let blocks = 0;
  const below = (limit) => {
    if (block.length < 4) {
      block = createHash('sha256').update(`${SEED}/${name}/${blocks}`).digest();
      blocks += 1;
    }
    const number = block.readUInt32LE(0);
    block = block.subarray(4);
    return number % limit;
  };
  return { below, pick: (values) => values[below(values.length)] };
}

// Writes `drawing(class, index)`, a text in SVG, as PNG into a folder for each class, below the one that is the
// program's argument.
export function write(classes, drawing, { side, background }) {
  const folder = process.argv[2];
  for (const kind of classes) {
    mkdirSync(join(folder, kind), { recursive: true });
    for (let index = 0; index < PER_CLASS; index += 1) {
      const picture = new Resvg(drawing(kind, index), {
        background,
        // There is no text, and looking for fonts takes most of the time.
        font: { loadSystemFonts: false },
        fitTo: { mode: 'width', value: side },
      });
      const name = `${String(index).padStart(4, '0')}.png`;
      writeFileSync(join(folder, kind, name), picture.render().asPng());
    }
  }
}
