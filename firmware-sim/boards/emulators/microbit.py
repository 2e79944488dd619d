"""A BBC micro:bit v1 with its LEDs and buttons, on the emulator Unicorn.

    python microbit.py SCENARIO.json FOLDER

As `pico.mjs`: FOLDER gets `frames` and `report.json`. A frame is how long each of the 25 LEDs was lit during one refresh,
two bytes each, in 62,500ths of a second; there is one whenever two refreshes in a row are the same.
"""

from unicorn import UC_HOOK_MEM_WRITE
from unicorn.arm_const import UC_CPU_ARM_CORTEX_M0

from cortex_m import CortexM
from machine import main

GPIO = 0x50000000
OUT, OUT_SET, OUT_CLEAR, GPIO_IN, PIN_CNF = (GPIO + n for n in (0x504, 0x508, 0x50C, 0x510, 0x700))
INTERRUPTS_SET, INTERRUPTS_CLEAR = 0xE000E100, 0xE000E180
BUTTONS = {"A": 17, "B": 26}
TIMERS = {0x40008000: 8, 0x40009000: 9}
START, STOP, CLEAR, COMPARE, SHORTS, SET, UNSET, PRESCALER, CC = 0, 4, 0xC, 0x140, 0x200, 0x304, 0x308, 0x510, 0x540

# The LEDs of the three rows, by column of the matrix, as x and y: BBC micro:bit hardware documentation, LED matrix.
ROWS = [
    [(0, 0), (2, 0), (4, 0), (4, 3), (3, 3), (2, 3), (1, 3), (0, 3), (1, 2)],
    [(4, 2), (0, 2), (2, 2), (1, 0), (3, 0), (3, 4), (1, 4), None, None],
    [(2, 4), (4, 4), (0, 4), (0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (3, 2)],
]
FIRST_COLUMN, FIRST_ROW = 4, 13
LIT_UNIT_PS = 16 * 10**6


class Timer:
    """One of the timers, which counts up and compares."""

    def __init__(self, board, base):
        self.board, self.base = board, base
        self.start = None
        self.looked = -1
        self.enabled = 0

    def write(self, offset, value):
        if offset == START and value:
            self.start = self.board.ps
        elif offset == STOP and value:
            self.start = None
        elif offset == CLEAR and value and self.start is not None:
            self.start = self.board.ps
        elif offset == SET:
            self.enabled |= value
        elif offset == UNSET:
            self.enabled &= ~value

    def _step_ps(self):
        return (1 << self.board.word(self.base + PRESCALER)) * 10**12 // 16_000_000

    def passed(self):
        """Sets the events that have come, and restarts the count where it is to."""
        if self.start is None:
            return
        for n in range(2):
            at = self.start + self.board.word(self.base + CC + 4 * n) * self._step_ps()
            if self.looked < at <= self.board.ps:
                self.board.write_word(self.base + COMPARE + 4 * n, 1)
                if self.board.word(self.base + SHORTS) >> n & 1:
                    self.start = at
        self.looked = self.board.ps

    def next_event(self):
        if self.start is None:
            return None
        ends = (self.start + self.board.word(self.base + CC + 4 * n) * self._step_ps() for n in range(2))
        return min((at for at in ends if at > self.board.ps), default=None)

    def is_due(self):
        return any(self.enabled >> 16 + n & 1 and self.board.word(self.base + COMPARE + 4 * n) for n in range(2))


class MicroBit(CortexM):
    def __init__(self, scenario, folder):
        # Nearly two cycles for an instruction.
        super().__init__(scenario, UC_CPU_ARM_CORTEX_M0, (0, 0x40000), [(0x20000000, 0x4000)], lambda: 16_000_000, 2)
        uc = self.uc
        uc.mem_map(0x40000000, 0x20000)
        uc.mem_map(GPIO, 0x1000)
        for pin in range(32):
            self.write_word(PIN_CNF + 4 * pin, 2)
        self.timers = {base: Timer(self, base) for base in TIMERS}
        self.enabled = 0
        self.levels = 0
        self.since = 0
        self.refresh = {}
        self.row = None
        self.last = None
        self.frames = []
        self.file = open(folder / "frames", "wb")
        uc.hook_add(UC_HOOK_MEM_WRITE, self._write, begin=0x40000000, end=0x4001FFFF)
        uc.hook_add(UC_HOOK_MEM_WRITE, self._set_pins, begin=OUT, end=OUT_CLEAR + 3)
        uc.hook_add(UC_HOOK_MEM_WRITE, self._enable, begin=INTERRUPTS_SET, end=INTERRUPTS_CLEAR + 3)

    # ---- Interrupts -------------------------------------------------------------------------------------------------

    def _write(self, uc, access, address, size, value, data):
        timer = self.timers.get(address & ~0xFFF)
        if timer is None:
            self.fault(f"{address:#010x} is written, which the board does not need")
        else:
            timer.write(address & 0xFFF, value)

    def _enable(self, uc, access, address, size, value, data):
        if address == INTERRUPTS_SET:
            self.enabled |= value
        elif address == INTERRUPTS_CLEAR:
            self.enabled &= ~value

    def next_event(self):
        return min((at for at in (it.next_event() for it in self.timers.values()) if at is not None), default=None)

    def due(self):
        for base, number in TIMERS.items():
            if self.enabled >> number & 1 and self.timers[base].is_due():
                return 16 + number
        return None

    # ---- LEDs -------------------------------------------------------------------------------------------------------

    def _set_pins(self, uc, access, address, size, value, data):
        before = self.levels
        self.levels = {OUT: value, OUT_SET: before | value, OUT_CLEAR: before & ~value}.get(address, before)
        self._count(before)
        row = next((n for n in range(3) if self.levels >> FIRST_ROW + n & 1), None)
        rows = sum(self.levels >> FIRST_ROW + n & 1 for n in range(3))
        if rows == 1 and row != self.row:
            self.row = row
            if row == 0:
                self._refreshed()

    def _count(self, levels):
        """How long LEDs were lit: current flows from a row to a column."""
        passed = self.ps - self.since
        self.since = self.ps
        for row, leds in enumerate(ROWS):
            if not levels >> FIRST_ROW + row & 1:
                continue
            for column, led in enumerate(leds):
                if led and not levels >> FIRST_COLUMN + column & 1:
                    self.refresh[led] = self.refresh.get(led, 0) + passed

    def _refreshed(self):
        lit = [round(self.refresh.get((n % 5, n // 5), 0) / LIT_UNIT_PS) for n in range(25)]
        self.refresh = {}
        if lit == self.last and (not self.frames or lit != self.shown):
            self.shown = lit
            self.frames.append({"ms": self.ms, "lit": True})
            self.file.write(b"".join(it.to_bytes(2, "big") for it in lit))
        self.last = lit

    # ---- The run ----------------------------------------------------------------------------------------------------

    def look(self):
        for timer in self.timers.values():
            timer.passed()
        level = 0
        for name, pin in BUTTONS.items():
            # Between its pin and ground, with a resistor to the supply on the board.
            is_input = self.word(PIN_CNF + 4 * pin) & 3 == 0
            level |= (is_input and not self.is_down(name)) << pin
        self.write_word(GPIO_IN, level)

    def report(self):
        self.file.close()
        return {"frames": self.frames, "asked": {}, "faults": self.faults}


main(MicroBit)
