// An SSD1306 display of 128x64, by its data sheet: the bytes of a transfer go in, the dots of the glass come out.

const WIDTH = 128;
const PAGES = 8;

// Bytes that follow a command.
const arguments_of = {
  0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2a: 5, 0x81: 1, 0x8d: 1, 0xa3: 2, 0xa8: 1, 0xd3: 1, 0xd5: 1,
  0xd9: 1, 0xda: 1, 0xdb: 1,
};

export class Ssd1306 {
  constructor(noise) {
    this.memory = Uint8Array.from({ length: WIDTH * PAGES }, noise);
    // As after power-on.
    this.on = false;
    this.commands = [];
    this.settings = { 0x20: [2], 0x21: [0, 127], 0x22: [0, 7], 0x8d: [0x10], 0xa8: [63], 0xd3: [0], 0xda: [0x12] };
    this.segments = 0xa0;
    this.scan = 0xc0;
    this.start_line = 0x40;
    this.inverse = 0xa6;
    this.all_on = 0xa4;
    this.column = 0;
    this.page = 0;
    this.written = 0;
    this.pending = [];
    this.kind = null;
    this.frame = () => {};
  }

  // After the address: the next byte says whether commands or data follow.
  start() {
    this.kind = null;
    this.pending = [];
  }

  byte(value) {
    if (this.kind === null) this.kind = value;
    else if (this.kind === 0x40) this.data(value);
    else if (this.kind === 0x00) this.command(value);
    else throw new Error(`control byte ${this.kind}`);
  }

  command(value) {
    this.pending.push(value);
    const [first, ...rest] = this.pending;
    if (rest.length < (arguments_of[first] ?? 0)) return;
    this.pending = [];
    this.commands.push([first, ...rest].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
    if (first in arguments_of) this.settings[first] = rest;
    if (first === 0x21 || first === 0x22) {
      this.column = this.settings[0x21][0];
      this.page = this.settings[0x22][0];
      this.written = 0;
    } else if (first >= 0x40 && first < 0x80) this.start_line = first;
    else if (first === 0xa0 || first === 0xa1) this.segments = first;
    else if (first === 0xa4 || first === 0xa5) this.all_on = first;
    else if (first === 0xa6 || first === 0xa7) this.inverse = first;
    else if (first === 0xae || first === 0xaf) this.on = first === 0xaf;
    else if (first === 0xc0 || first === 0xc8) this.scan = first;
  }

  // In the horizontal addressing mode, the only one that the firmware uses.
  data(value) {
    if (this.settings[0x20][0] !== 0) throw new Error("data in another addressing mode than the horizontal");
    const [left, right] = this.settings[0x21];
    const [top, bottom] = this.settings[0x22];
    this.memory[this.page * WIDTH + this.column] = value;
    this.column += 1;
    if (this.column > right) {
      this.column = left;
      this.page = this.page === bottom ? top : this.page + 1;
    }
    this.written += 1;
    if (this.written === (right - left + 1) * (bottom - top + 1)) this.frame();
  }

  // Rows from top to bottom, the highest bit of a byte the leftmost pixel. The panel has the ribbon cable at its top, so
  // that it stands upright with both directions reversed.
  glass() {
    const rows = new Uint8Array((WIDTH / 8) * PAGES * 8);
    const lit = this.on && this.settings[0x8d][0] === 0x14;
    const [multiplex] = this.settings[0xa8];
    const [offset] = this.settings[0xd3];
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const column = this.segments === 0xa1 ? x : WIDTH - 1 - x;
        const line = this.scan === 0xc8 ? y : 63 - y;
        const row = (line + offset + (this.start_line & 0x3f)) % 64;
        let bit = (this.memory[(row >> 3) * WIDTH + column] >> (row & 7)) & 1;
        if (this.inverse === 0xa7) bit ^= 1;
        if (this.all_on === 0xa5) bit = 1;
        if (!lit || line > multiplex || this.settings[0xda][0] !== 0x12) bit = 0;
        rows[y * (WIDTH / 8) + (x >> 3)] |= bit << (7 - (x & 7));
      }
    }
    return rows;
  }
}
