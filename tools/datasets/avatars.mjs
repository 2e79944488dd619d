// Draws the data set `avatars` into a folder: a class for each kind of hair, with as many faces each.
// Everything else is the style. It is drawn evenly and independently of the class, by a generator of
// our own: the package's own seeds give similar faces to similar names.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAvatar } from '@dicebear/core';
import * as pixelArt from '@dicebear/pixel-art';
import { Resvg } from '@resvg/resvg-js';

const SEED = 1;
const PER_CLASS = 600;
// The drawings have 16 pixels each way; twice that is the size of the preset for colour.
const SIDE = 32;
// Dark hair shows on it, and so does light hair.
const BACKGROUND = '#b6e3f4';

// Kinds that a stranger tells apart at 16 pixels.
const HAIR = {
  bald: ['short07'],
  bun: ['long05'],
  curls: ['short11', 'short13', 'long15'],
  long: ['long12', 'long13'],
  mohawk: ['short05'],
  pigtails: ['long18'],
  ponytail: ['long06', 'long19'],
  short: ['short02', 'short15', 'short16'],
};

// Left out: on skin of almost the same colour the kind of hair cannot be seen.
const HAIR_LIKE_SKIN = ['cab188', 'a78961'];

// The share of faces that have a thing, in percent.
const SHARES = { glasses: 25, beard: 15, accessories: 15, hat: 0 };

// A stream of whole numbers below a limit that depends on its name alone.
function stream(name) {
  let block = Buffer.alloc(0);
  let blocks = 0;
  return (limit) => {
    if (block.length < 4) {
      block = createHash('sha256').update(`${SEED}/${name}/${blocks}`).digest();
      blocks += 1;
    }
    const number = block.readUInt32LE(0);
    block = block.subarray(4);
    return number % limit;
  };
}

function face(kind, index) {
  const below = stream(`${kind}/${index}`);
  const pick = (values) => values[below(values.length)];
  const options = { seed: 'unused', size: SIDE };
  for (const [name, schema] of Object.entries(pixelArt.schema.properties)) {
    if (name.endsWith('Probability')) {
      const share = SHARES[name.replace('Probability', '')];
      if (share === undefined) throw new Error(`no share is set for ${name}`);
      options[name] = below(100) < share ? 100 : 0;
    } else {
      const values = [...schema.default].sort().filter((value) => !HAIR_LIKE_SKIN.includes(value));
      options[name] = [pick(name === 'hair' ? HAIR[kind] : values)];
    }
  }
  return createAvatar(pixelArt, options).toString();
}

const folder = process.argv[2];
for (const kind of Object.keys(HAIR)) {
  mkdirSync(join(folder, kind), { recursive: true });
  for (let index = 0; index < PER_CLASS; index += 1) {
    const picture = new Resvg(face(kind, index), {
      background: BACKGROUND,
      // There is no text, and looking for fonts takes most of the time.
      font: { loadSystemFonts: false },
      fitTo: { mode: 'width', value: SIDE },
    });
    const name = `${String(index).padStart(4, '0')}.png`;
    writeFileSync(join(folder, kind, name), picture.render().asPng());
  }
}
