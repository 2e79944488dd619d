"""An ESP32-C3 with the display that the firmware of `../esp32-c3` expects, on the emulator Unicorn.

    python esp32_c3.py SCENARIO.json FOLDER

As `pico.mjs`: FOLDER gets `frames` and `report.json`. `images` is one application image as esptool makes it, at its
offset in the flash chip; the model is raw bytes at `model_address`, an offset as well.
"""

import ctypes
import math
import struct
from pathlib import Path

from esptool.bin_image import LoadFirmwareImage
from unicorn import *
from unicorn.riscv_const import *

from machine import Machine, main
from st7789 import St7789

# Instructions between two looks at the time.
SLICE = 4000
# Two cycles for an instruction, with those that the cache takes.
CYCLES_PER_INSTRUCTION = 2

ROM, ROM_SIZE = 0x40000000, 0x60000
IRAM, DRAM, SRAM_SIZE = 0x4037C000, 0x3FC80000, 0x64000
# The first part of the RAM is seen as code only.
CODE_ONLY = 0x4000
DROM, IROM, PAGE = 0x3C000000, 0x42000000, 0x10000
FLASH_SIZE = 0x400000
PERIPHERALS, PERIPHERALS_SIZE = 0x60000000, 0xD1000

GPIO, IO_MUX, SYSTIMER, SPI2 = 0x60004000, 0x60009000, 0x60023000, 0x60024000
SYSTEM, INTERRUPTS = 0x600C0000, 0x600C2000
OUT, OUT_SET, OUT_CLEAR, ENABLE, ENABLE_SET, ENABLE_CLEAR = (GPIO + n for n in (0x4, 0x8, 0xC, 0x20, 0x24, 0x28))
GPIO_IN, OUT_SELECT = GPIO + 0x3C, GPIO + 0x554
SPI_CMD, SPI_CTRL, SPI_CLOCK, SPI_USER, SPI_LENGTH, SPI_WORDS, SPI_MISC = (
    SPI2 + n for n in (0x0, 0x8, 0xC, 0x10, 0x1C, 0x98, 0x20)
)
CPU_PER_CONF, CLOCK_ENABLE, RESET_ENABLE, SYSCLK_CONF = SYSTEM + 0x8, SYSTEM + 0x10, SYSTEM + 0x18, SYSTEM + 0x58
UNIT0_OP, TARGET0_CONF, VALUE_HIGH, VALUE_LOW, COMPARE_LOAD = (SYSTIMER + n for n in (0x4, 0x34, 0x40, 0x44, 0x50))
INT_ENABLE, INT_RAW, INT_CLEAR = SYSTIMER + 0x64, SYSTIMER + 0x68, SYSTIMER + 0x6C
STATUS, LINES, PRIORITIES, THRESHOLD = INTERRUPTS + 0xF8, INTERRUPTS + 0x104, INTERRUPTS + 0x114, INTERRUPTS + 0x194
TIMER_SOURCE = 37
TIMER_HZ = 16_000_000
# A look at the timer takes this long, so that nothing waits for long.
LOOK_PS = 20 * 10**6

SCK, MOSI, SELECT, DATA, RESET, BUTTON = 6, 7, 10, 4, 5, 9
FSPICLK, FSPID = 63, 65

# The hint that there is nothing to do.
PAUSE = (0x0100000F).to_bytes(4, "little")
# Registers that Unicorn does not know: of triggers for debuggers, branch prediction, attributes of memory.
OWN_REGISTERS = {*range(0x7A0, 0x7B0), 0x7C1, *range(0xBC0, 0xBE0)}


def to_float(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def to_bits(number):
    try:
        return struct.unpack("<I", struct.pack("<f", number))[0]
    except OverflowError:
        return 0x7F800000 if number > 0 else 0xFF800000


def divide(a, b):
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def compare(unordered):
    def result(a, b):
        a, b = to_float(a), to_float(b)
        return unordered if math.isnan(a) or math.isnan(b) else (a > b) - (a < b)

    return result


def signed(value):
    return value - (1 << 32) if value >> 31 else value


# The ROM's numbers of 32 bits: a result of Python's 64 bits, rounded once more, is the same for one operation.
FLOATING_POINT = {
    0x40000770: lambda a, b: to_bits(to_float(a) + to_float(b)),  # __addsf3
    0x40000898: lambda a, b: to_bits(to_float(a) - to_float(b)),  # __subsf3
    0x40000854: lambda a, b: to_bits(to_float(a) * to_float(b)),  # __mulsf3
    0x400007BC: lambda a, b: to_bits(divide(to_float(a), to_float(b))),  # __divsf3
    0x4000081C: compare(-1),  # __gesf2
    0x40000824: compare(-1),  # __gtsf2
    0x4000082C: compare(1),  # __lesf2
    0x40000838: compare(1),  # __ltsf2
    0x400008C8: lambda a, b: math.isnan(to_float(a)) or math.isnan(to_float(b)),  # __unordsf2
    0x400007E4: lambda a, _: int(to_float(a)),  # __fixsfsi
    0x40000800: lambda a, _: to_bits(signed(a)),  # __floatsisf
    0x40000810: lambda a, _: to_bits(a),  # __floatunsisf
}


class Esp32C3(Machine):
    pc_register = UC_RISCV_REG_PC

    def __init__(self, scenario, folder):
        super().__init__(scenario)
        uc = self.uc = Uc(UC_ARCH_RISCV, UC_MODE_RISCV32)
        uc.mem_map(ROM, ROM_SIZE)
        uc.mem_write(ROM, b"\x82\x80" * (ROM_SIZE // 2))  # every program of the ROM returns at once
        self.sram = ctypes.create_string_buffer(self.noise.randbytes(SRAM_SIZE), SRAM_SIZE)
        base = ctypes.addressof(self.sram)
        uc.mem_map_ptr(IRAM, SRAM_SIZE, UC_PROT_ALL, base)
        uc.mem_map_ptr(DRAM, SRAM_SIZE - CODE_ONLY, UC_PROT_ALL, base + CODE_ONLY)
        uc.mem_map(PERIPHERALS, PERIPHERALS_SIZE)
        self.write_word(CLOCK_ENABLE, 0xF9C1E06F)
        self.flash = bytearray(b"\xff" * FLASH_SIZE)
        self._load()
        self.display = St7789(self, folder)
        self.route = None
        self.next_alarm = None
        self.raised = False
        self.idle = False
        uc.hook_add(UC_HOOK_CODE, self._rom, begin=ROM, end=ROM + ROM_SIZE - 1)
        uc.hook_add(UC_HOOK_MEM_READ, self._read, begin=PERIPHERALS, end=PERIPHERALS + PERIPHERALS_SIZE - 1)
        uc.hook_add(UC_HOOK_MEM_WRITE, self._write, begin=PERIPHERALS, end=PERIPHERALS + PERIPHERALS_SIZE - 1)
        uc.hook_add(UC_HOOK_MEM_INVALID, self.invalid)

    def _load(self):
        """Fills RAM and maps flash as the image says, and nothing else, like the boot loader."""
        (image,) = self.scenario["images"]
        content = Path(image["file"]).read_bytes()
        self.flash[image["address"] : image["address"] + len(content)] = content
        if self.scenario["model"]:
            model = Path(self.scenario["model"]).read_bytes()
            address = self.scenario["model_address"]
            self.flash[address : address + len(model)] = model
        firmware = LoadFirmwareImage("esp32c3", image["file"])
        self.entry = firmware.entrypoint
        mapped = set()
        for segment in firmware.segments:
            start, data = segment.addr, segment.data
            if start == 0:  # between the pages of flash
                continue
            if DROM <= start < DROM + 0x800000 or IROM <= start < IROM + 0x800000:
                for page in range(start & ~(PAGE - 1), start + len(data), PAGE):
                    if page not in mapped:
                        self.uc.mem_map(page, PAGE)
                        mapped.add(page)
            self.uc.mem_write(start, data)
            at = data.find(PAUSE)
            while at >= 0:
                self.uc.hook_add(UC_HOOK_CODE, self._pause, begin=start + at, end=start + at)
                at = data.find(PAUSE, at + 1)

    def _pause(self, uc, address, size, data):
        self.idle = True
        uc.emu_stop()

    # ---- Programs in ROM --------------------------------------------------------------------------------------------

    def _rom(self, uc, address, size, data):
        a = [uc.reg_read(UC_RISCV_REG_A0 + n) for n in range(6)]
        result = 0
        match address:
            case 0x40000018:  # rtc_get_reset_reason: power on
                result = 1
            case 0x40000050:  # ets_delay_us
                self.ps += a[0] * 10**6
            case 0x40000354:  # memset
                uc.mem_write(a[0], bytes([a[1] & 0xFF]) * a[2])
                result = a[0]
            case 0x40000358 | 0x4000035C:  # memcpy, memmove
                uc.mem_write(a[0], bytes(uc.mem_read(a[1], a[2])))
                result = a[0]
            case 0x40000360:  # memcmp
                one, other = (bytes(uc.mem_read(it, a[2])) for it in a[:2])
                differing = (x - y for x, y in zip(one, other) if x != y)
                result = next(differing, 0)
            case 0x40000524 | 0x40000528:  # Cache_Suspend_ICache, Cache_Resume_ICache
                pass
            case 0x40000564:  # Cache_Dbus_MMU_Set
                result = self._map(*a)
            case 0x40000588:  # ets_update_cpu_frequency
                pass
            case 0x40000598:  # ets_get_xtal_freq
                result = 40_000_000
            case 0x400008AC:  # __udivdi3
                result = (a[0] | a[1] << 32) // (a[2] | a[3] << 32)
                uc.reg_write(UC_RISCV_REG_A1, result >> 32)
            case _ if address in FLOATING_POINT:
                result = FLOATING_POINT[address](a[0], a[1])
            case 0x40001954 | 0x40001958 | 0x4000195C | 0x40001960:  # the analogue part's registers
                pass
            case _:
                self.fault(f"a program in ROM at {address:#010x}, which is not known here")
        uc.reg_write(UC_RISCV_REG_A0, result & 0xFFFFFFFF)

    def _map(self, external, virtual, physical, page_kib, pages, fixed):
        if external or page_kib != 64 or virtual % PAGE or physical % PAGE:
            return 1
        size = pages * PAGE
        if physical + size > FLASH_SIZE:
            self.fault(f"flash from {physical:#x} to {physical + size:#x} is mapped, which the chip does not have")
            return 1
        self.uc.mem_map(virtual, size, UC_PROT_READ)
        self.uc.mem_write(virtual, bytes(self.flash[physical : physical + size]))
        return 0

    # ---- Registers --------------------------------------------------------------------------------------------------

    def _has_clock(self, bit, name):
        if not self.word(CLOCK_ENABLE) >> bit & 1 or self.word(RESET_ENABLE) >> bit & 1:
            self.fault(f"{name} is used without a clock")

    def _read(self, uc, access, address, size, value, data):
        register = address & ~3
        if register == UNIT0_OP:
            self._has_clock(29, "the timer")
            self.ps += LOOK_PS
            count = self.ps * TIMER_HZ // 10**12
            self.write_word(VALUE_HIGH, count >> 32)
            self.write_word(VALUE_LOW, count)
            self.write_word(UNIT0_OP, 1 << 29)
        elif register == SPI_CMD:
            # Done.
            self.write_word(SPI_CMD, 0)
        elif register == INT_RAW:
            self.write_word(INT_RAW, self.raised)
        elif register in (STATUS, STATUS + 4):
            pending = self.raised and register == STATUS + 4
            self.write_word(register, pending << (TIMER_SOURCE - 32))
        elif register == 0x6001F068 or register == 0x60020068:
            # The calibration of slow clocks is done.
            self.write_word(register, self.word(register) | 1 << 15)

    def _write(self, uc, access, address, size, value, data):
        value &= 0xFFFFFFFF
        if SPI2 <= address < SPI2 + 0x1000:
            self._has_clock(6, "the bus")
            if address == SPI_CMD and value >> 24 & 1:
                self._sent()
            elif not SPI_WORDS <= address < SPI_WORDS + 64:
                self.route = None
        elif address in (OUT, OUT_SET, OUT_CLEAR):
            before = self.word(OUT)
            level = {OUT: value, OUT_SET: before | value, OUT_CLEAR: before & ~value}[address]
            self.write_word(OUT, level)
            self.route = None
            self.display.set_reset(self.word(ENABLE) >> RESET & 1 and level >> RESET & 1)
        elif address in (ENABLE_SET, ENABLE_CLEAR):
            before = self.word(ENABLE)
            self.write_word(ENABLE, before | value if address == ENABLE_SET else before & ~value)
            self.route = None
        elif SYSTIMER <= address < SYSTIMER + 0x1000:
            if address == COMPARE_LOAD and value & 1:
                self._has_clock(29, "the timer")
                self.next_alarm = self.ps + self._period()
            elif address == INT_CLEAR and value & 1:
                self.raised = False
        elif GPIO <= address < GPIO + 0x1000 or IO_MUX <= address < IO_MUX + 0x1000:
            self.route = None

    def _period(self):
        configuration = self.word(TARGET0_CONF)
        if not configuration >> 30 & 1:
            self.fault("the timer does not repeat")
        return (configuration & 0x3FFFFFF) * 10**12 // TIMER_HZ

    # ---- The bus ----------------------------------------------------------------------------------------------------

    def core_hz(self):
        if self.word(SYSCLK_CONF) >> 10 & 3 != 1:
            return 40_000_000
        return 160_000_000 if self.word(CPU_PER_CONF) & 3 == 1 else 80_000_000

    def bus_hz(self):
        clock = self.word(SPI_CLOCK)
        if clock >> 31:
            return 80_000_000
        return 80_000_000 // (((clock >> 18 & 15) + 1) * ((clock >> 12 & 63) + 1))

    def _is_output(self, pin):
        return self.word(ENABLE) >> pin & 1

    def _drives(self, pin, signal):
        """Whether a pin has a signal of the bus: its own, or by way of the matrix."""
        function = self.word(IO_MUX + 4 + 4 * pin) >> 12 & 7
        return function == 2 or function == 1 and self.word(OUT_SELECT + 4 * pin) & 0xFF == signal

    def _find_route(self):
        wired = self._drives(SCK, FSPICLK) and self._drives(MOSI, FSPID)
        out = self.word(OUT)
        selected = self._is_output(SELECT) and not out >> SELECT & 1
        is_data = self._is_output(DATA) and out >> DATA & 1
        if self.word(SPI_CTRL) >> 26 & 1:
            self.fault("the lowest bit is sent first")
        # The data sheet: 66 ns for a bit in two of three revisions; panels take the bus's 40 MHz and more.
        return wired and selected, is_data, self.bus_hz()

    def _sent(self):
        if self.route is None:
            self.route = self._find_route()
        to_display, is_data, hz = self.route
        bits = (self.word(SPI_LENGTH) & 0x3FFFF) + 1
        if bits % 8 or bits > 512:
            self.fault(f"{bits} bits are sent")
        if not self.word(SPI_USER) >> 27 & 1:
            return
        if to_display:
            for byte in bytes(self.uc.mem_read(SPI_WORDS, bits // 8)):
                self.display.send(byte, is_data)
        self.ps += bits * 10**12 // hz

    # ---- The run ----------------------------------------------------------------------------------------------------

    def _look(self):
        mux = self.word(IO_MUX + 4 + 4 * BUTTON)
        # Between its pin and ground; without its pull-up the pin floats.
        level = mux >> 9 & 1 and mux >> 8 & 1 and not self.is_down("A")
        self.write_word(GPIO_IN, level << BUTTON)
        if self.next_alarm is not None and self.ps >= self.next_alarm:
            self.next_alarm += self._period()
            self.raised = True

    def _interrupt(self):
        """The timer's interrupt, if one waits and may come."""
        line = self.word(INTERRUPTS + 4 * TIMER_SOURCE) & 31
        may = self.word(INT_ENABLE) & 1 and line and self.word(LINES) >> line & 1
        may = may and self.word(PRIORITIES + 4 * line) & 15 >= self.word(THRESHOLD) & 15
        status = self.uc.reg_read(UC_RISCV_REG_MSTATUS)
        if not (self.raised and may and status & 8):
            return
        self.uc.reg_write(UC_RISCV_REG_MEPC, self.pc)
        self.uc.reg_write(UC_RISCV_REG_MCAUSE, 1 << 31 | line)
        self.uc.reg_write(UC_RISCV_REG_MSTATUS, status & ~0x1888 | 0x1880)
        self.pc = (self.uc.reg_read(UC_RISCV_REG_MTVEC) & ~3) + 4 * line

    def _own_register(self):
        """Whether the instruction that Unicorn refused is one of this core's own registers, which read as zero."""
        instruction = self.word(self.pc)
        if instruction & 0x7F != 0x73 or not instruction >> 12 & 7 or instruction >> 20 not in OWN_REGISTERS:
            return False
        destination = instruction >> 7 & 31
        if destination:
            self.uc.reg_write(UC_RISCV_REG_X0 + destination, 0)
        self.pc += 4
        return True

    def run(self):
        self.pc = self.entry
        end = self.scenario["end_ms"] * 10**9
        while self.ps < end:
            self._look()
            self._interrupt()
            self.idle = False
            try:
                self.uc.emu_start(self.pc, 0, count=SLICE)
            except UcError as error:
                self.pc = self.uc.reg_read(UC_RISCV_REG_PC)
                if self._own_register():
                    continue
                self.fault(f"{error} at {self.pc:#010x}")
                return
            self.pc = self.uc.reg_read(UC_RISCV_REG_PC)
            self.ps += SLICE * CYCLES_PER_INSTRUCTION * self.scenario["slow"] * 10**12 // self.core_hz()
            if self.idle:
                self.pc += 4
                if self.next_alarm is not None:
                    self.ps = max(self.ps, self.next_alarm)

    def report(self):
        mux = self.word(IO_MUX + 4 + 4 * BUTTON)
        return {
            **self.display.report(),
            "asked": {
                "core_hz": self.core_hz(),
                "bus_hz": self.bus_hz(),
                "button": {"up": bool(mux >> 8 & 1), "down": bool(mux >> 7 & 1)},
            },
            "faults": self.faults,
        }


main(Esp32C3)
