"""An STM32H7 Nucleo with the display that the firmware of `../nucleo-h743` expects, on the emulator Unicorn.

    python nucleo_h743.py SCENARIO.json FOLDER

As `pico.mjs`: FOLDER gets `frames` and `report.json`.
"""

from unicorn.arm_const import UC_CPU_ARM_CORTEX_M7

from cortex_m import CortexM
from machine import main
from st7789 import St7789

# Windows of the buses.
WINDOWS = [(0x40000000, 0x40000), (0x52000000, 0x10000), (0x58000000, 0x40000), (0x5C000000, 0x10000)]

GPIO = {name: 0x58020000 + n * 0x400 for n, name in enumerate("ABCDEFGHIJK")}
MODER, PUPDR, IDR, ODR, BSRR, AFRL = 0x00, 0x0C, 0x10, 0x14, 0x18, 0x20
INPUT, OUTPUT, ALTERNATE = 0, 1, 2

RCC = 0x58024400
CR, CFGR, D1CFGR, PLLCKSELR, PLLCFGR, PLL1DIVR, D2CCIP1R, CSR = (
    RCC + n for n in (0, 0x10, 0x18, 0x28, 0x2C, 0x30, 0x50, 0x74)
)
AHB3, AHB1, AHB4, APB2, APB4 = (RCC + n for n in (0xD4, 0xD8, 0xE0, 0xF0, 0xF4))
# From a register that gives clocks to the one that resets the same blocks.
TO_RESET = 0x58
PWR = 0x58024800
PWR_CSR1, PWR_D3CR = PWR + 4, PWR + 0x18
FLASH_ACR = 0x52002000

SPI1 = 0x40013000
SPI_CR1, SPI_CFG1, SPI_CFG2, SPI_SR, SPI_TXDR = (SPI1 + n for n in (0, 8, 0xC, 0x14, 0x20))
SPE, CSTART, SSI = 1 << 0, 1 << 9, 1 << 12
TXP, MODF, TXC = 1 << 1, 1 << 9, 1 << 12
MASTER, LSB_FIRST, CPHA, CPOL, SSM, SSIOP = (1 << n for n in (22, 23, 24, 25, 26, 28))
SPI_FUNCTION = 5
FIFO_BYTES = 16

SCK, MOSI = ("A", 5), ("B", 5)
SELECT, DATA, RESET = ("D", 14), ("D", 15), ("F", 3)
BUTTON = ("C", 13)

# Peripherals, and the bit that gives them a clock: all that the firmware may touch besides those below.
CLOCKS = {
    (SPI1, SPI1 + 0x400): (APB2, 12),
    (0x58000400, 0x58000800): (APB4, 1),  # SYSCFG
    **{(port, port + 0x400): (AHB4, n) for n, port in enumerate(GPIO.values())},
    (0x40020000, 0x40020400): (AHB1, 0),  # DMA1
    (0x40020400, 0x40020800): (AHB1, 1),  # DMA2
    (0x40020800, 0x40020C00): (AHB1, 0),  # DMAMUX1, with either of them
    (0x58025400, 0x58025C00): (AHB4, 21),  # BDMA and DMAMUX2
    (0x52000000, 0x52001000): (AHB3, 0),  # MDMA
}
ALWAYS = [
    (RCC, RCC + 0x400),
    (PWR, PWR + 0x400),
    (FLASH_ACR, FLASH_ACR + 0x400),
    (0x58000000, 0x58000400),  # EXTI
    (0x5C001000, 0x5C001400),  # DBGMCU
]

AT_RESET = {
    CR: 0x83,
    PLLCKSELR: 0x02020200,
    PLLCFGR: 0x01FF0000,
    PLL1DIVR: 0x01010280,
    FLASH_ACR: 0x37,
    PWR_D3CR: 0x4000,
    PWR + 0xC: 0x6,
    SPI_CFG1: 0x00070007,
    **{port + MODER: 0xFFFFFFFF for port in GPIO.values()},
    GPIO["A"] + MODER: 0xABFFFFFF,
    GPIO["B"] + MODER: 0xFFFFFEBF,
}

HSI_HZ = 64_000_000
# The highest clock of the core for the voltages that the chip can be told to use.
MOST_HZ = {1: 200_000_000, 2: 300_000_000, 3: 400_000_000}
# For each wait state of the flash, at the highest of these voltages.
FLASH_HZ = 70_000_000


class Nucleo(CortexM):
    def __init__(self, scenario, folder):
        rams = [(0x20000000, 0x20000), (0x24000000, 0x80000)]
        # Two instructions in three cycles, both caches on.
        super().__init__(scenario, UC_CPU_ARM_CORTEX_M7, (0x08000000, 0x200000), rams, self.sysclk, 1)
        for base, size in WINDOWS:
            self.uc.mmio_map(base, size, self._read, base, self._write, base)
        self.registers = dict(AT_RESET)
        self.display = St7789(self, folder)
        self.fifo = bytearray()
        self.route = None

    # ---- Clocks -----------------------------------------------------------------------------------------------------

    def _pll(self, output):
        """The clock of an output of the first PLL: 0 is P, 1 is Q."""
        registers = self.registers
        select = registers[PLLCKSELR]
        if select & 3 or not registers[PLLCFGR] >> (16 + output) & 1 or not registers[CR] >> 24 & 1:
            self.fault("the clock of a PLL that is off, or of another oscillator than the internal one")
            return HSI_HZ
        dividers = registers[PLL1DIVR]
        multiplied = HSI_HZ // (select >> 4 & 0x3F) * ((dividers & 0x1FF) + 1)
        return multiplied // ((dividers >> (9, 16)[output] & 0x7F) + 1)

    def sysclk(self):
        hz = self._pll(0) if self.registers.get(CFGR, 0) & 7 == 3 else HSI_HZ >> (self.registers[CR] >> 3 & 3)
        most = MOST_HZ.get(self.registers[PWR_D3CR] >> 14 & 3, 0)
        if hz > most:
            self.fault(f"a clock of {hz} Hz at a voltage for {most}")
        return hz

    def _hclk(self):
        divider = self.registers.get(D1CFGR, 0) & 15
        return self.sysclk() >> (divider - 7 if divider >= 8 else 0)

    def bus_hz(self):
        if self.registers.get(D2CCIP1R, 0) >> 12 & 7:
            self.fault("the bus has another clock")
        return self._pll(1) >> ((self.registers.get(SPI_CFG1, 0) >> 28 & 7) + 1)

    def _check(self, address):
        for (start, end), (register, bit) in CLOCKS.items():
            if start <= address < end:
                if not self.registers.get(register, 0) >> bit & 1:
                    self.fault(f"{address:#010x} is used without a clock")
                if self.registers.get(register - TO_RESET, 0) >> bit & 1:
                    self.fault(f"{address:#010x} is used in reset")
                return
        if not any(start <= address < end for start, end in ALWAYS):
            self.fault(f"{address:#010x} is used, which the board does not have")

    # ---- Registers --------------------------------------------------------------------------------------------------

    def _read(self, uc, offset, size, base):
        address = base + offset
        # Every byte asks for these two.
        if address == SPI_SR:
            return self._bus_status()
        if address == SPI_CR1:
            return self.registers.get(SPI_CR1, 0)
        self._check(address)
        value = self.registers.get(address, 0)
        # Oscillators and voltages are ready at once, and the clock is the one that was asked for.
        if address == CR:
            return value | (value & 1) << 2 | (value & 0x15011080) << 1
        if address == CFGR:
            return value & ~0x38 | (value & 7) << 3
        if address == CSR:
            return value | (value & 1) << 1
        if address in (PWR_CSR1, PWR_D3CR):
            return value | 1 << 13
        if address == GPIO[BUTTON[0]] + IDR:
            # The button is between its pin and the supply, with a resistor to ground on the board.
            return (self._mode(BUTTON) == INPUT and self.is_down("A")) << BUTTON[1]
        return value

    def _write(self, uc, offset, size, value, base):
        address = base + offset
        if address == SPI_TXDR:
            for n in range(size):
                self._put(value >> 8 * n & 0xFF)
            return
        before = self.registers.get(address, 0)
        if address == SPI_CR1 and before == value:
            # The bit that is on already, after every byte.
            return
        self._check(address)
        if address in (PLLCKSELR, PLL1DIVR) and self.registers[CR] >> 24 & 1:
            # The chip keeps what a PLL that is on is made of: its source and dividers.
            kept = 0x3F3 if address == PLLCKSELR else 0xFFFFFFFF
            value = before & kept | value & ~kept
        self.registers[address] = value
        if address == SPI_CR1:
            self._control(before, value)
            return
        self.route = None
        if address & ~0xFFF in (0x58020000, 0x58021000, 0x58022000):
            port = address & ~0x3FF
            if address == port + BSRR:
                self.registers[port + ODR] = self.registers.get(port + ODR, 0) & ~(value >> 16) | value & 0xFFFF
            self.display.set_reset(self._is_output(RESET) and self._is_high(RESET))
        if address == APB2 - TO_RESET and value >> 12 & 1:
            kept = {it: word for it, word in self.registers.items() if it & ~0x3FF != SPI1}
            self.registers = kept | {SPI_CFG1: AT_RESET[SPI_CFG1]}

    # ---- Pins -------------------------------------------------------------------------------------------------------

    def _mode(self, pin):
        port, number = pin
        return self.registers[GPIO[port] + MODER] >> 2 * number & 3

    def _is_output(self, pin):
        return self._mode(pin) == OUTPUT

    def _is_high(self, pin):
        port, number = pin
        return self.registers.get(GPIO[port] + ODR, 0) >> number & 1 == 1

    def _function(self, pin):
        port, number = pin
        return self.registers.get(GPIO[port] + AFRL + 4 * (number // 8), 0) >> 4 * (number % 8) & 15

    # ---- The display on its bus -------------------------------------------------------------------------------------

    def _bus_status(self):
        control = self.registers.get(SPI_CR1, 0)
        if not control & SPE:
            return TXC
        space = TXP if len(self.fifo) < FIFO_BYTES else 0
        done = 0 if self.fifo else TXC
        return space | done

    def _control(self, before, value):
        if not value & SPE:
            self.fifo.clear()
            self.registers[SPI_CR1] = value & ~CSTART
        if (before ^ value) & SPE:
            self.route = None
        if value & SPE and value & CSTART:
            for byte in self.fifo:
                self._sent(byte)
            self.fifo.clear()

    def _put(self, byte):
        control = self.registers.get(SPI_CR1, 0)
        if not control & SPE:
            self.fault("a byte for a bus that is off")
        elif control & CSTART:
            self._sent(byte)
        elif len(self.fifo) < FIFO_BYTES:
            self.fifo.append(byte)
        else:
            self.fault("a byte for a full queue")

    def _sent(self, byte):
        if self.route is None:
            self.route = self._find_route()
        to_display, is_data, byte_ps = self.route
        if to_display:
            self.display.send(byte, is_data)
        self.ps += byte_ps

    def _find_route(self):
        """Where bytes go as the registers are: whether to the display, whether as data, and for how long."""
        self._check(SPI_TXDR)
        wired = all(self._mode(pin) == ALTERNATE and self._function(pin) == SPI_FUNCTION for pin in (SCK, MOSI))
        control, form = self.registers[SPI_CR1], self.registers.get(SPI_CFG2, 0)
        # Eight bits, the highest first; clock low at rest and taken at its rise, or high at rest and the same.
        is_eight = self.registers[SPI_CFG1] & 0x1F == 7
        is_other = form & LSB_FIRST or bool(form & CPHA) != bool(form & CPOL)
        if not form & MASTER or not is_eight or is_other:
            self.fault(f"the bus has another form, {form:#010x}")
        # Another master seems to be there when the level that stands for the select pin is the active one.
        if not form & SSM or bool(control & SSI) == bool(form & SSIOP):
            self.fault("the bus waits for another master")
        # The data sheet: 66 ns for a bit that is written.
        if self.bus_hz() > 66_000_000:
            self.fault(f"a bus of {self.bus_hz()} Hz is too fast for the display")
        selected = self._is_output(SELECT) and not self._is_high(SELECT)
        is_data = self._is_output(DATA) and self._is_high(DATA)
        return wired and selected, is_data, 8 * 10**12 // self.bus_hz()

    # ---- The run ----------------------------------------------------------------------------------------------------

    def look(self):
        pass

    def report(self):
        latency = self.registers[FLASH_ACR] & 15
        if latency < (self._hclk() - 1) // FLASH_HZ:
            self.fault(f"{latency} wait states of the flash at {self._hclk()} Hz")
        pulls = self.registers.get(GPIO[BUTTON[0]] + PUPDR, 0) >> 2 * BUTTON[1] & 3
        return {
            **self.display.report(),
            "asked": {
                "core_hz": self.sysclk(),
                "bus_hz": self.bus_hz(),
                "sck": self._function(SCK),
                "mosi": self._function(MOSI),
                "button": {"up": pulls == 1, "down": pulls == 2},
            },
            "faults": self.faults,
        }


main(Nucleo)
