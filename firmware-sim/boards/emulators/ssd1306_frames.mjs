// The frames of an SSD1306 that is sent recorded transfers.
//
//   node ssd1306_frames.mjs FRAMES <TRANSFERS.json
//
// Each transfer has the time of its end in milliseconds and its bytes in hexadecimal. FRAMES gets all frames, one after the
// other; a description of them in JSON is printed.

import { readFileSync, writeFileSync } from "node:fs";
import { noise } from "./noise.mjs";
import { Ssd1306 } from "./ssd1306.mjs";

const display = new Ssd1306(noise());
const frames = [];
const glasses = [];
let ms = 0;
display.frame = () => {
  frames.push({ ms, lit: display.on });
  glasses.push(display.glass());
};
for (const transfer of JSON.parse(readFileSync(0, "utf8"))) {
  ms = transfer.ms;
  display.start();
  for (const byte of Buffer.from(transfer.bytes, "hex")) display.byte(byte);
}
writeFileSync(process.argv[2], Buffer.concat(glasses));
console.log(JSON.stringify({ frames, lit: display.on, commands: display.commands.slice(0, 30) }));
