// Draws pictures with the runtime as WebAssembly:
//
//   node draw.mjs pixling_web.wasm model.pxl CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT:STYLED...
//
// where STYLED is 0 or 1; prints the pixels of each in hexadecimal, a line for each picture.
import { readFileSync } from "node:fs";

const [module, file, ...requests] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const { memory, file_place, file_room, picture_place, draw } = instance.exports;
const bytes = readFileSync(file);
if (bytes.length > file_room()) {
    throw new Error(`${file} has ${bytes.length} bytes, there is room for ${file_room()}`);
}
new Uint8Array(memory.buffer).set(bytes, file_place());
for (const request of requests) {
    const [shape, seed, style, ...percents] = request.split(":");
    const length = draw(bytes.length, Number(shape), BigInt(seed), BigInt(style), ...percents.map(Number));
    if (length < 0) {
        throw new Error(`${request}: error ${length}`);
    }
    console.log(Buffer.from(memory.buffer, picture_place(), length).toString("hex"));
}
