// Draws the data set `emoji` into a folder: a class for each mood, with as many faces each. Eyes, colour, tilt and size
// are the style, drawn evenly and independently of the class.
import { createAvatar } from '@dicebear/core';
import * as funEmoji from '@dicebear/fun-emoji';
import { stream, write } from './drawing.mjs';

const SIDE = 64;

// Moods that a stranger tells apart by the mouth.
const MOUTHS = {
  grin: ['smileTeeth', 'smileLol'],
  kiss: ['kissHeart'],
  mask: ['faceMask'],
  sad: ['sad', 'pissed'],
  shout: ['shout'],
  sick: ['sick'],
  smile: ['lilSmile', 'wideSmile'],
  tongue: ['tongueOut'],
};

// One of each that is alike, without the tears, which are a mood.
const EYES = ['closed', 'closed2', 'cute', 'glasses', 'love', 'plain', 'shades', 'stars', 'wink', 'wink2'];

// `#rrggbb` of a hue in degrees and a lightness in percent, at a saturation of three quarters.
function colour(hue, lightness) {
  const light = lightness / 100;
  const reach = 0.75 * Math.min(light, 1 - light);
  const channel = (shift) => {
    const place = (shift + hue / 30) % 12;
    const value = light - reach * Math.max(-1, Math.min(place - 3, 9 - place, 1));
    return Math.round(255 * value).toString(16).padStart(2, '0');
  };
  return channel(0) + channel(8) + channel(4);
}

function face(kind, index) {
  const { below, pick } = stream(`emoji/${kind}/${index}`);
  return createAvatar(funEmoji, {
    seed: 'unused',
    size: SIDE,
    mouth: [pick(MOUTHS[kind])],
    eyes: [pick(EYES)],
    backgroundColor: [colour(below(360), 55 + below(21))],
    backgroundType: ['solid'],
    // Degrees from -20 to 20; percent.
    rotate: (340 + below(41)) % 360,
    scale: 85 + below(16),
  }).toString();
}

write(Object.keys(MOUTHS), face, { side: SIDE });
