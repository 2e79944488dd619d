// Draws the data set `avatars` into a folder: a class for each kind of hair, with as many faces each.
// Everything else is the style. It is drawn evenly and independently of the class, by a generator of
// our own: the package's own seeds give similar faces to similar names.
import { createAvatar } from '@dicebear/core';
import * as pixelArt from '@dicebear/pixel-art';
import { stream, write } from './drawing.mjs';

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

function face(kind, index) {
  const { below, pick } = stream(`${kind}/${index}`);
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

write(Object.keys(HAIR), face, { side: SIDE, background: BACKGROUND });
