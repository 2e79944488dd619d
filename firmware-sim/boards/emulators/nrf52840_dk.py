"""A Nordic nRF52840 DK with a reader of its log, on the emulator Unicorn.

    python nrf52840_dk.py SCENARIO.json FOLDER

As `pico.mjs`, but that FOLDER gets `log`, the bytes that a reader takes from the ring of RTT, in place of frames.
"""

from unicorn import UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE
from unicorn.arm_const import UC_CPU_ARM_CORTEX_M4

from cortex_m import CortexM
from machine import main

CLOCK, TEMP, NVMC, GPIO = 0x40000000, 0x4000C000, 0x4001E000, 0x50000000
FICR, UICR = 0x10000000, 0x10001000
HFCLKSTART, LFCLKSTART = CLOCK + 0x000, CLOCK + 0x008
HFCLKSTARTED, LFCLKSTARTED = CLOCK + 0x100, CLOCK + 0x104
NVMC_READY, NVMC_CONFIG = NVMC + 0x400, NVMC + 0x504
GPIO_IN, PIN_CNF = GPIO + 0x510, GPIO + 0x700
BUTTONS = {"A": 11, "B": 12}

# A reader that does not make the firmware wait looks this often, as probe-rs does.
READER_PS = 10 * 10**9
RTT_ID = b"SEGGER RTT\0\0\0\0\0\0"
RAM, RAM_SIZE = 0x20000000, 0x40000


class Dk(CortexM):
    def __init__(self, scenario, folder):
        super().__init__(scenario, UC_CPU_ARM_CORTEX_M4, (0, 0x100000), [(RAM, RAM_SIZE)], lambda: 64_000_000, 2)
        uc = self.uc
        uc.mem_map(FICR, 0x2000)
        uc.mem_map(CLOCK, 0x40000)
        uc.mem_map(GPIO, 0x2000)
        # A chip that was erased: the firmware sets its reset pin and starts again.
        uc.mem_write(FICR, b"\xff" * 0x2000)
        for pin in range(48):
            # Its input buffer is off.
            self.write_word(PIN_CNF + 4 * pin, 2)
        self.write_word(NVMC_READY, 1)
        uc.hook_add(UC_HOOK_MEM_WRITE, self._write, begin=CLOCK, end=CLOCK + 0x3FFFF)
        uc.hook_add(UC_HOOK_MEM_READ, self._started, begin=HFCLKSTARTED, end=LFCLKSTARTED + 3)
        uc.hook_add(UC_HOOK_MEM_WRITE, self._write_once, begin=FICR, end=FICR + 0x1FFF)
        self.log = open(folder / "log", "wb")
        self.ring = None
        self.next_look = 0
        self.reads = []

    def _write(self, uc, access, address, size, value, data):
        if address & ~0xFFF not in (CLOCK, TEMP, NVMC):
            self.fault(f"{address:#010x} is written, which the board does not need")

    def _started(self, uc, access, address, size, value, data):
        start = HFCLKSTART if address == HFCLKSTARTED else LFCLKSTART
        self.write_word(address, self.word(start) & 1)

    def _write_once(self, uc, access, address, size, value, data):
        if address < UICR:
            self.fault("the factory's registers are written")
        elif self.word(NVMC_CONFIG) != 1:
            self.fault("the user's registers are written without being unlocked")

    # ---- The reader of the log --------------------------------------------------------------------------------------

    def _find_ring(self):
        memory = bytes(self.uc.mem_read(RAM, RAM_SIZE))
        at = memory.find(RTT_ID)
        if at >= 0:
            # The first channel, after the name and two counts, with name, buffer, size, write and read offset, flags.
            self.ring = RAM + at + 16 + 8

    def read_log(self):
        if self.ring is None:
            self._find_ring()
            if self.ring is None:
                return
        buffer, size, written, read = (self.word(self.ring + 4 * n) for n in range(1, 5))
        if not size or written >= size or read >= size:
            return
        content = bytes(self.uc.mem_read(buffer, size))
        news = content[read:written] if read <= written else content[read:] + content[:written]
        if news:
            self.log.write(news)
            self.reads.append([self.ms, self.log.tell()])
        self.write_word(self.ring + 16, written)

    # ---- The run ----------------------------------------------------------------------------------------------------

    def look(self):
        level = 0
        for name, pin in BUTTONS.items():
            # Between its pin and ground; without its pull-up the pin floats.
            configuration = self.word(PIN_CNF + 4 * pin)
            is_input = configuration & 2 == 0
            level |= (is_input and configuration >> 2 & 3 == 3 and not self.is_down(name)) << pin
        self.write_word(GPIO_IN, level)
        if self.ps >= self.next_look:
            self.next_look = self.ps + READER_PS
            self.read_log()

    def report(self):
        self.read_log()
        self.log.close()
        pins = {name: self.word(PIN_CNF + 4 * pin) for name, pin in BUTTONS.items()}
        return {
            "resets": self.resets,
            "ring_bytes": self.word(self.ring + 8) if self.ring else 0,
            # Times, and the bytes of the log up to then.
            "reads": self.reads,
            "asked": {f"button_{name.lower()}": {"up": it >> 2 & 3 == 3, "down": it >> 2 & 3 == 1} for name, it in pins.items()},
            "faults": self.faults,
        }


main(Dk)
