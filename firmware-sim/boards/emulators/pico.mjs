// A Raspberry Pi Pico with the display and the buttons that the firmware of `../pico` expects, on the emulator rp2040js.
//
//   node pico.mjs SCENARIO.json FOLDER
//
// The scenario names the images, the presses, how many times slower the core is than it should be, and when the display
// begins to answer, if ever: see firmware-sim/tests/suite/board_emulators. FOLDER
// gets `frames`, all frames that the display was sent, one after the other, and `report.json`. Time is counted in cycles,
// so that a scenario gives the same bytes every time.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GPIOPinState, Simulator } from "rp2040js";
import { noise } from "./noise.mjs";
import { Ssd1306 } from "./ssd1306.mjs";

const [scenario_path, folder] = process.argv.slice(2);
const scenario = JSON.parse(readFileSync(scenario_path, "utf8"));

const FLASH = 0x10000000;
const FAMILY = 0xe48bff56;
const DISPLAY_ADDRESS = 0x3c;
const SDA = 4;
const SCL = 5;
const BUTTONS = { A: 14, B: 15 };
const LED = 25;
const I2C_FUNCTION = 3;

// ---- Chip, memory and flash -----------------------------------------------------------------------------------------

const faults = new Set();
const random_byte = noise();

const { clock, rp2040: chip } = new Simulator();
const unmodelled = new Set(["ROSC_BASE", "VREG_AND_CHIP_RESET_BASE", "IO_QSPI_BASE"]);
const complain = (name, message) => {
  // The emulator has no model of these; the firmware writes to them only.
  if (unmodelled.has(name) || message.endsWith("IC_SDA_HOLD")) return;
  faults.add(`${name}: ${message}`);
};
chip.logger = { debug() {}, info() {}, warn: complain, error: complain };
chip.onBreak = (code) => faults.add(`breakpoint ${code} at ${chip.core.PC.toString(16)}`);
for (let at = 0; at < chip.sram.length; at++) chip.sram[at] = random_byte();

for (const { address, file } of scenario.images) chip.flash.set(readFileSync(file), address - FLASH);
if (scenario.model) {
  const file = readFileSync(scenario.model);
  for (let block = 0; block < file.length; block += 512) {
    const word = (at) => file.readUInt32LE(block + at);
    if (word(0) !== 0x0a324655 || word(508) !== 0x0ab16f30) throw new Error("not UF2");
    if (word(28) !== FAMILY) throw new Error("UF2 of another family");
    chip.flash.set(file.subarray(block + 32, block + 32 + word(16)), word(12) - FLASH);
  }
}

// A timer that is cleared counts from its top; in the emulator it would wrap at once.
const { ppb } = chip;
const write_system = ppb.writeUint32.bind(ppb);
ppb.writeUint32 = (offset, value) => {
  write_system(offset, value);
  if (offset === 0x018) {
    ppb.systickTimer.set(ppb.systickReload);
    ppb.systickCountFlag = false;
  }
};

// All peripherals are held in reset until the firmware lets them go, but those that the boot ROM needs to read the flash.
const resets = chip.peripherals[0x4000c];
resets.reset = 0x1ffffff & ~((1 << 6) | (1 << 9));
Object.defineProperty(resets, "reset_done", { get: () => ~resets.reset & 0x1ffffff });
const reset_bits = {
  0x4004c: 0, 0x40030: 1, 0x50000: 2, 0x40044: 3, 0x40048: 4, 0x40014: 5, 0x40018: 6, 0x4001c: 8, 0x40020: 9, 0x50200: 10,
  0x50300: 11, 0x40028: 12, 0x4002c: 13, 0x40050: 14, 0x4005c: 15, 0x4003c: 16, 0x40040: 17, 0x40004: 18, 0x40000: 19,
  0x4006c: 20, 0x40054: 21, 0x40034: 22, 0x40038: 23, 0x50110: 24,
};
for (const [base, bit] of Object.entries(reset_bits)) {
  const peripheral = chip.peripherals[base];
  for (const name of ["readUint32", "writeUint32"]) {
    const original = peripheral[name].bind(peripheral);
    peripheral[name] = (...values) => {
      if ((resets.reset >> bit) & 1) faults.add(`${peripheral.name} is used in reset`);
      return original(...values);
    };
  }
}

// ---- The display on its bus -----------------------------------------------------------------------------------------

const display = new Ssd1306(random_byte);
const i2c = chip.i2c[0];
const frames = [];
const glasses = [];
let addressed = null;
const unanswered = [];
let bus_hz = 0;

display.frame = () => {
  const glass = display.glass();
  frames.push({ ms: clock.nanos / 1e6, lit: display.on });
  glasses.push(glass);
};

const is_wired = () =>
  [SDA, SCL].every((pin) => {
    const { functionSelect, pullupEnabled, inputEnable } = chip.gpio[pin];
    return functionSelect === I2C_FUNCTION && pullupEnabled && inputEnable;
  });
const answers = () => {
  const from = scenario.display_from_ms;
  // Faster than 400 kHz the display does not promise to understand.
  return from !== null && clock.nanos >= from * 1e6 && is_wired() && bus_hz <= 404e3;
};
// After the bits of a byte, and its acknowledgement.
const later = (bits, act) => clock.createAlarm(act).schedule((bits * 1e9) / bus_hz);
i2c.onStart = () => {
  bus_hz = chip.clkSys / (i2c.sclHighPeriod + i2c.sclLowPeriod);
  later(1, () => i2c.completeStart());
};
i2c.onConnect = (address) =>
  later(9, () => {
    addressed = address === DISPLAY_ADDRESS && answers() ? display : null;
    if (addressed) addressed.start();
    else unanswered.push(clock.nanos / 1e6);
    i2c.completeConnect(addressed !== null);
    // The chip's queue is empty then; the emulator does not say so.
    if (!addressed) i2c.setInterrupts(1 << 4);
  });
i2c.onWriteByte = (value) =>
  later(9, () => {
    addressed?.byte(value);
    i2c.completeWrite(true);
  });
i2c.onStop = () => later(1, () => i2c.completeStop());

// Levels of the LED, one after the other.
const led = [];
chip.gpio[LED].addListener((state) => {
  if (state === GPIOPinState.High || state === GPIOPinState.Low) led.push(state === GPIOPinState.High);
});

// ---- The run --------------------------------------------------------------------------------------------------------

// A button is between its pin and ground; without its pull-up the pin floats.
const look_at_buttons = () => {
  const ms = clock.nanos / 1e6;
  for (const [name, pin] of Object.entries(BUTTONS)) {
    const is_down = scenario.presses.some((it) => it.button === name && it.from_ms <= ms && ms < it.to_ms);
    const level = !is_down && chip.gpio[pin].pullupEnabled;
    if (chip.gpio[pin].rawInputValue !== level) chip.gpio[pin].setInputValue(level);
  }
};

const { core } = chip;
// The boot ROM copies the first 256 bytes of the flash here and jumps there.
const BOOT2 = 0x20041f00;
chip.sram.set(chip.flash.subarray(0, 256), BOOT2 - 0x20000000);
core.VTOR = FLASH + 0x100;
core.registers[14] = 0;
core.SP = 0x20041f00;
core.PC = BOOT2;

const STEP_NANOS = 100_000;
const HARD_FAULT = 3;
const end = scenario.end_ms * 1e6;
while (clock.nanos < end && core.IPSR !== HARD_FAULT) {
  look_at_buttons();
  const stop = clock.nanos + STEP_NANOS;
  while (clock.nanos < stop) {
    if (core.waiting) {
      const next = clock.nextAlarm ? clock.nanosToNextAlarm : STEP_NANOS;
      clock.tick(Math.min(next, stop - clock.nanos));
      if (core.interruptsUpdated && core.checkForInterrupts()) core.waiting = false;
    } else {
      clock.tick((core.executeInstruction() * scenario.slow * 1e9) / chip.clkSys);
    }
  }
}
if (core.IPSR === HARD_FAULT) faults.add("hard fault");

writeFileSync(join(folder, "frames"), Buffer.concat(glasses));
const pulls = (pin) => ({ up: chip.gpio[pin].pullupEnabled, down: chip.gpio[pin].pulldownEnabled });
const report = {
  frames,
  lit: display.on,
  commands: display.commands.slice(0, 30),
  asked: {
    core_hz: chip.clkSys,
    bus_hz: Math.round(bus_hz),
    sda: chip.gpio[SDA].functionSelect,
    scl: chip.gpio[SCL].functionSelect,
    button_a: pulls(BUTTONS.A),
    button_b: pulls(BUTTONS.B),
  },
  led,
  unanswered,
  faults: [...faults],
};
writeFileSync(join(folder, "report.json"), JSON.stringify(report, null, 1));
