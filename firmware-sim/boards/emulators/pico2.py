"""A Raspberry Pi Pico 2 with the display and the buttons that the firmware of `../pico2` expects, on the emulator Unicorn.

    python pico2.py SCENARIO.json FOLDER

As `pico.mjs`: FOLDER gets `frames` and `report.json`. The display is the same program, `ssd1306.mjs`: it answers nothing
but that it has taken a byte, so that it is given all transfers at the end of the run.
"""

import json
import subprocess
from pathlib import Path

from unicorn.arm_const import UC_CPU_ARM_CORTEX_M33

from cortex_m import CortexM
from machine import main

FLASH = 0x10000000
UF2_FAMILY = 0xE48BFF59
DISPLAY_ADDRESS = 0x3C
SDA, SCL, LED = 4, 5, 25
BUTTONS = {"A": 14, "B": 15}

SYSINFO, SYSCFG, CLOCKS, PSM, RESETS = 0x40000000, 0x40008000, 0x40010000, 0x40018000, 0x40020000
IO_BANK0, IO_QSPI, PADS_BANK0, PADS_QSPI = 0x40028000, 0x40030000, 0x40038000, 0x40040000
XOSC, PLL_SYS, PLL_USB, I2C0 = 0x40048000, 0x40050000, 0x40058000, 0x40090000
QMI, WATCHDOG, ROSC, POWMAN, TICKS = 0x400D0000, 0x400D8000, 0x400E8000, 0x40100000, 0x40108000
SIO = 0xD0000000

# Blocks that can be held in reset, and their bits. A block of the firmware that is neither here nor below is a fault.
RESET_BITS = {
    0x400A0000: 0, 0x40068000: 1, 0x50000000: 2, 0x400C0000: 3, I2C0: 4, 0x40098000: 5, IO_BANK0: 6, IO_QSPI: 7,
    PADS_BANK0: 9, PADS_QSPI: 10, 0x50200000: 11, 0x50300000: 12, 0x50400000: 13, PLL_SYS: 14, PLL_USB: 15, 0x400A8000: 16,
    0x400F8000: 17, 0x40080000: 18, 0x40088000: 19, SYSCFG: 20, SYSINFO: 21, 0x40160000: 22, 0x400B0000: 23,
    0x400B8000: 24, 0x400F0000: 25, 0x40070000: 26, 0x40078000: 27, 0x50110000: 28,
}  # fmt: skip
ALL_RESETS = 0x1FFFFFFF
ALWAYS_ON = {CLOCKS, PSM, RESETS, XOSC, QMI, WATCHDOG, ROSC, POWMAN, TICKS, SIO}
RESET, RESET_DONE = RESETS, RESETS + 8

CLK_REF_CTRL, CLK_REF_DIV, CLK_REF_SELECTED = (CLOCKS + n for n in (0x30, 0x34, 0x38))
CLK_SYS_CTRL, CLK_SYS_DIV, CLK_SYS_SELECTED = (CLOCKS + n for n in (0x3C, 0x40, 0x44))
XOSC_STATUS = XOSC + 4
# Offsets of a PLL's registers.
PLL_CS, PLL_PWR, PLL_FBDIV, PLL_PRIM = 0, 4, 8, 12
# Of the ring oscillator as it starts, and of the crystal on the board.
ROSC_HZ, XOSC_HZ = 11_000_000, 12_000_000
MOST_HZ = 150_000_000

IC_CON, IC_TAR, IC_DATA_CMD, IC_HCNT, IC_LCNT, IC_RAW, IC_CLR_ABORT, IC_CLR_STOP, IC_ENABLE, IC_ABORT, IC_SPKLEN = (
    I2C0 + n for n in (0, 0x04, 0x10, 0x1C, 0x20, 0x34, 0x54, 0x60, 0x6C, 0x80, 0xA0)
)
IC_RESTART, IC_STOP, IC_READ = 1 << 10, 1 << 9, 1 << 8
TX_EMPTY, TX_ABORT, STOP_DET = 1 << 4, 1 << 6, 1 << 9
ADDRESS_NOT_TAKEN = 1
# A master in the fast mode of 400 kHz.
MASTER_FAST, MASTER_FAST_BITS = 0x45, 0x47

GPIO_IN, GPIO_OUT, GPIO_OE = SIO + 4, SIO + 0x10, SIO + 0x30
SPINLOCKS = range(SIO + 0x100, SIO + 0x180)
FUNCTION_I2C, FUNCTION_SIO = 3, 5
PAD_ISOLATED, PAD_OUTPUT_OFF, PAD_INPUT, PAD_UP, PAD_DOWN = 1 << 8, 1 << 7, 1 << 6, 1 << 3, 1 << 2

# Values after a reset that are not zero.
AT_RESET = {
    RESET: ALL_RESETS & ~(1 << RESET_BITS[IO_QSPI] | 1 << RESET_BITS[PADS_QSPI]),  # the boot ROM has read the flash
    CLK_REF_DIV: 1 << 16,
    CLK_SYS_DIV: 1 << 16,
    **{pll + PLL_CS: 1 for pll in (PLL_SYS, PLL_USB)},
    **{pll + PLL_PWR: 0x2D for pll in (PLL_SYS, PLL_USB)},
    **{pll + PLL_PRIM: 0x77000 for pll in (PLL_SYS, PLL_USB)},
    IC_CON: 0x65,
    IC_TAR: 0x55,
    IC_HCNT: 0x06,
    IC_LCNT: 0x0D,
    IC_SPKLEN: 0x07,
    IC_RAW: TX_EMPTY,
    **{IO_BANK0 + 8 * n + 4: 0x1F for n in range(48)},
    # Isolated, input off, pulled down.
    **{PADS_BANK0 + 4 + 4 * n: 0x116 for n in range(48)},
}

IMAGE_START, IMAGE_END = 0xFFFFDED3, 0xAB123579
# A program for the Arm cores of this chip in the secure state.
IMAGE_TYPE, IMAGE_TYPE_ITEM = 0x1021, 0x0142


class Pico2(CortexM):
    def __init__(self, scenario, folder):
        # Two cycles for an instruction, with those that the flash takes.
        super().__init__(scenario, UC_CPU_ARM_CORTEX_M33, (FLASH, 0x400000), [(0x20000000, 0x82000)], self.sysclk, 2)
        self.folder = folder
        for base, size in [(0x40000000, 0x180000), (0x50000000, 0x600000), (SIO, 0x40000)]:
            self.uc.mmio_map(base, size, self._read, base, self._write, base)
        self.registers = dict(AT_RESET)
        self.locked = set()
        # What the display is sent, the bytes of the transfer that goes on, and whether the display is in it.
        self.transfers = []
        self.transfer = None
        self.is_addressed = False
        self.unanswered = []
        self.led = []

    def load_model(self, path):
        blocks = path.read_bytes()
        for start in range(0, len(blocks), 512):
            block = blocks[start : start + 512]
            first, _, _, address, size, _, _, family = (int.from_bytes(block[n : n + 4], "little") for n in range(0, 32, 4))
            if first != 0x0A324655 or block[508:] != (0x0AB16F30).to_bytes(4, "little"):
                raise ValueError("not UF2")
            if family != UF2_FAMILY:
                raise ValueError("UF2 of another family")
            self.uc.mem_write(address, block[32 : 32 + size])

    def can_start(self):
        """As the boot ROM, which looks for the definition of an image: a block alone, with an item of one word in it."""
        for place in range(FLASH, FLASH + 0x1000 - 16, 4):
            words = [self.word(place + 4 * n) for n in range(5)]
            item = words[1] & 0xFFFF, words[1] >> 16
            if words[0] == IMAGE_START and item == (IMAGE_TYPE_ITEM, IMAGE_TYPE) and words[2:] == [0x1FF, 0, IMAGE_END]:
                return True
        self.fault("the boot ROM finds no image")
        return False

    # ---- Registers --------------------------------------------------------------------------------------------------

    def _block(self, address):
        """The block that an address belongs to, which is checked to be there and out of reset."""
        block = SIO if address >= SIO else address & ~0x7FFF
        bit = RESET_BITS.get(block)
        if bit is None and block not in ALWAYS_ON:
            self.fault(f"{address:#010x} is used, which the board does not have")
        if bit is not None and self.registers[RESET] >> bit & 1:
            self.fault(f"{address:#010x} is used in reset")
        return block

    def _read(self, uc, offset, size, base):
        address = base + offset
        block = self._block(address)
        if block != SIO:
            address &= ~0x3000
        value = self.registers.get(address, 0)
        if address == RESET_DONE:
            return ~self.registers[RESET] & ALL_RESETS
        if address == CLK_REF_SELECTED:
            return 1 << (self.registers.get(CLK_REF_CTRL, 0) & 3)
        if address == CLK_SYS_SELECTED:
            return 1 << (self.registers.get(CLK_SYS_CTRL, 0) & 1)
        if address == XOSC_STATUS:
            return (self.registers.get(XOSC, 0) >> 12 == 0xFAB) << 31
        if address in (PLL_SYS + PLL_CS, PLL_USB + PLL_CS):
            # Locked with itself and its oscillator on.
            power = self.registers[block + PLL_PWR]
            return value | (power & 0x21 == 0) << 31
        if address == GPIO_IN:
            return self._levels()
        if address in SPINLOCKS:
            is_free = address not in self.locked
            self.locked.add(address)
            return is_free << (address - SPINLOCKS.start) // 4
        if address == IC_CLR_ABORT:
            self.registers[IC_RAW] &= ~TX_ABORT
            self.registers[IC_ABORT] = 0
        if address == IC_CLR_STOP:
            self.registers[IC_RAW] &= ~STOP_DET
        return value

    def _write(self, uc, offset, size, value, base):
        address = base + offset
        block = self._block(address)
        if size != 4:
            self.fault(f"{size} bytes are written to {address:#010x}")
        if block == SIO:
            self._write_sio(address, value)
            return
        # Three more places for each register: one that turns bits round, sets them, clears them.
        way, address = address >> 12 & 3, address & ~0x3000
        before = self.registers.get(address, 0)
        value = [value, before ^ value, before | value, before & ~value][way]
        if address == IC_DATA_CMD:
            self._command(value)
            return
        if address in (IC_CON, IC_TAR, IC_HCNT, IC_LCNT) and self.registers.get(IC_ENABLE, 0) & 1:
            self.fault(f"{address:#010x} is written while the bus is on, which does nothing")
            return
        self.registers[address] = value
        if address == RESET:
            self._put_in_reset(value & ~before)
        if block in (IO_BANK0, PADS_BANK0):
            self._look_at_led()

    def _put_in_reset(self, bits):
        for block, bit in RESET_BITS.items():
            if bits >> bit & 1:
                kept = {it: value for it, value in self.registers.items() if it & ~0x7FFF != block}
                self.registers = kept | {it: value for it, value in AT_RESET.items() if it & ~0x7FFF == block}

    def _write_sio(self, address, value):
        if address in SPINLOCKS:
            self.locked.discard(address)
        for register in (GPIO_OUT, GPIO_OE):
            before = self.registers.get(register, 0)
            # The second register of each kind is for pins that this chip does not have.
            ways = {0: value, 8: before | value, 16: before & ~value, 24: before ^ value}
            if address - register in ways:
                self.registers[register] = ways[address - register]
                self._look_at_led()

    # ---- Clocks -----------------------------------------------------------------------------------------------------

    def _pll(self, pll):
        registers = self.registers
        # Itself, its oscillator and its dividers.
        if registers[pll + PLL_PWR] & 0x29:
            return 0
        oscillator = XOSC_HZ // (registers[pll + PLL_CS] & 0x3F) * registers.get(pll + PLL_FBDIV, 0)
        dividers = registers[pll + PLL_PRIM]
        return oscillator // (dividers >> 16 & 7) // (dividers >> 12 & 7)

    def sysclk(self):
        registers = self.registers
        reference = registers.get(CLK_REF_CTRL, 0)
        source = {0: ROSC_HZ, 1: self._pll(PLL_USB), 2: XOSC_HZ}[reference & 3]
        source //= registers[CLK_REF_DIV] >> 16
        control = registers.get(CLK_SYS_CTRL, 0)
        if control & 1:
            source = {0: self._pll(PLL_SYS), 1: self._pll(PLL_USB), 2: ROSC_HZ, 3: XOSC_HZ}[control >> 5 & 7]
        hz = (source << 16) // registers[CLK_SYS_DIV]
        if hz > MOST_HZ:
            self.fault(f"a clock of {hz} Hz, and the data sheet allows {MOST_HZ}")
        return hz

    # ---- Pins -------------------------------------------------------------------------------------------------------

    def _function(self, pin):
        return self.registers[IO_BANK0 + 8 * pin + 4] & 0x1F

    def _pad(self, pin):
        return self.registers[PADS_BANK0 + 4 + 4 * pin]

    def _levels(self):
        """A button is between its pin and ground; without its pull-up the pin floats."""
        levels = 0
        for name, pin in BUTTONS.items():
            is_high = self._pad(pin) & (PAD_UP | PAD_INPUT | PAD_ISOLATED) == PAD_UP | PAD_INPUT
            levels |= (is_high and not self.is_down(name)) << pin
        return levels

    def _look_at_led(self):
        is_driven = self._function(LED) == FUNCTION_SIO and not self._pad(LED) & (PAD_ISOLATED | PAD_OUTPUT_OFF)
        if is_driven and self.registers.get(GPIO_OE, 0) >> LED & 1:
            level = bool(self.registers.get(GPIO_OUT, 0) >> LED & 1)
            if self.led[-1:] != [level]:
                self.led.append(level)

    # ---- The display on its bus -------------------------------------------------------------------------------------

    def bus_hz(self):
        registers = self.registers
        # The data sheet's lengths of a high and of a low level.
        cycles = registers[IC_HCNT] + registers[IC_SPKLEN] + 7 + registers[IC_LCNT] + 1
        return self.sysclk() / cycles

    def _answers(self):
        wanted = PAD_UP | PAD_INPUT
        unwanted = PAD_ISOLATED | PAD_OUTPUT_OFF | PAD_DOWN
        is_wired = all(
            self._function(pin) == FUNCTION_I2C and self._pad(pin) & (wanted | unwanted) == wanted for pin in (SDA, SCL)
        )
        start = self.scenario["display_from_ms"]
        is_awake = start is not None and self.ms >= start
        # Faster than 400 kHz the display does not promise to understand.
        return is_awake and is_wired and self.bus_hz() <= 400e3 and self.registers[IC_TAR] & 0x3FF == DISPLAY_ADDRESS

    def _command(self, value):
        registers = self.registers
        if not registers.get(IC_ENABLE, 0) & 1 or registers[IC_CON] & MASTER_FAST_BITS != MASTER_FAST:
            self.fault("a byte is sent by a bus that is off, or no master in fast mode")
        if value & (IC_READ | IC_RESTART):
            self.fault("the display is read, or addressed anew in a transfer")
        if registers[IC_RAW] & TX_ABORT:
            # Thrown away until the abort is acknowledged.
            return
        bit_ps = 1e12 / self.bus_hz()
        if self.transfer is None:
            # The start and the address.
            self.ps += int(10 * bit_ps)
            if not self._answers():
                self.unanswered.append(self.ms)
                registers[IC_ABORT] = ADDRESS_NOT_TAKEN
                registers[IC_RAW] |= TX_ABORT | STOP_DET
                return
            self.transfer = bytearray()
        self.ps += int(9 * bit_ps)
        self.transfer.append(value & 0xFF)
        if value & IC_STOP:
            self.ps += int(bit_ps)
            self.transfers.append({"ms": self.ms, "bytes": self.transfer.hex()})
            self.transfer = None
            registers[IC_RAW] |= STOP_DET

    # ---- The run ----------------------------------------------------------------------------------------------------

    def look(self):
        pass

    def report(self):
        display = subprocess.run(
            ["node", Path(__file__).with_name("ssd1306_frames.mjs"), self.folder / "frames"],
            input=json.dumps(self.transfers),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        pulls = {name: self._pad(pin) for name, pin in BUTTONS.items()}
        return {
            **json.loads(display.stdout),
            "asked": {
                "core_hz": self.sysclk(),
                "bus_hz": round(self.bus_hz()),
                "sda": self._function(SDA),
                "scl": self._function(SCL),
                **{f"button_{it.lower()}": {"up": pad & PAD_UP != 0, "down": pad & PAD_DOWN != 0} for it, pad in pulls.items()},
            },
            "led": self.led,
            "unanswered": self.unanswered,
            "faults": self.faults,
        }


main(Pico2)
