"""An STM32F4 Discovery with the display that the firmware of `../stm32f4-discovery` expects, on the emulator Unicorn.

    python stm32f4_discovery.py SCENARIO.json FOLDER

As `pico.mjs`: FOLDER gets `frames` and `report.json`.
"""

from unicorn import UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE
from unicorn.arm_const import UC_CPU_ARM_CORTEX_M4

from cortex_m import CortexM
from machine import main
from st7789 import St7789

GPIOA, GPIOB, GPIOD = 0x40020000, 0x40020400, 0x40020C00
MODER, PUPDR, IDR, ODR, BSRR, AFRH = 0x00, 0x0C, 0x10, 0x14, 0x18, 0x24
RCC = 0x40023800
RCC_CR, RCC_PLLCFGR, RCC_CFGR, RCC_AHB1ENR, RCC_APB1ENR, RCC_APB2ENR = (RCC + n for n in (0, 4, 8, 0x30, 0x40, 0x44))
RCC_CSR = RCC + 0x74
FLASH_ACR = 0x40023C00
PWR_CR, PWR_CSR = 0x40007000, 0x40007004
SPI2 = 0x40003800
CR1, SR, DR = SPI2, SPI2 + 8, SPI2 + 0xC
TXE, RXNE = 2, 1

# Peripherals, and the bit that gives them a clock: all that the firmware may touch besides RCC, FLASH and the core's.
CLOCKS = {
    (0x40007000, 0x40007400): (RCC_APB1ENR, 28),  # PWR
    (SPI2, SPI2 + 0x400): (RCC_APB1ENR, 14),
    (0x40013800, 0x40013C00): (RCC_APB2ENR, 14),  # SYSCFG
    **{(GPIOA + n * 0x400, GPIOA + (n + 1) * 0x400): (RCC_AHB1ENR, n) for n in range(9)},
    (0x40026000, 0x40026400): (RCC_AHB1ENR, 21),  # DMA1
    (0x40026400, 0x40026800): (RCC_AHB1ENR, 22),  # DMA2
}
ALWAYS = [(RCC, RCC + 0x400), (FLASH_ACR, FLASH_ACR + 0x400), (0x40013C00, 0x40014000)]  # the last is EXTI

HSI_HZ = 16_000_000


class Discovery(CortexM):
    def __init__(self, scenario, folder):
        rams = [(0x20000000, 0x20000), (0x10000000, 0x10000)]
        # Two cycles for an instruction, with those that the flash takes.
        super().__init__(scenario, UC_CPU_ARM_CORTEX_M4, (0x08000000, 0x100000), rams, self.sysclk, 2)
        uc = self.uc
        uc.mem_map(0x40000000, 0x80000)
        uc.mem_map(0x1FFF0000, 0x10000)
        self.display = St7789(self, folder)
        self.route = None
        self.write_word(RCC_CR, 0x83)
        self.write_word(RCC_PLLCFGR, 0x24003010)
        self.write_word(SR, TXE)
        for gpio, mode in [(GPIOA, 0xA8000000), (GPIOB, 0x280)]:
            self.write_word(gpio + MODER, mode)
        # All but the status of the bus, which is looked at for every byte.
        both = UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE
        uc.hook_add(both, self._check, begin=0x40000000, end=SR - 1)
        uc.hook_add(both, self._check, begin=DR + 4, end=0x4007FFFF)
        uc.hook_add(UC_HOOK_MEM_WRITE, self._write, begin=0x40000000, end=0x4007FFFF)
        uc.hook_add(UC_HOOK_MEM_READ, self._ready, begin=RCC, end=RCC + 0x3FF)
        uc.hook_add(UC_HOOK_MEM_READ, self._received, begin=DR, end=DR + 3)

    # ---- Clocks -----------------------------------------------------------------------------------------------------

    def sysclk(self):
        if self.word(RCC_CFGR) >> 2 & 3 != 2:
            return HSI_HZ
        pll = self.word(RCC_PLLCFGR)
        source = HSI_HZ if not pll >> 22 & 1 else 8_000_000
        return source // (pll & 0x3F) * (pll >> 6 & 0x1FF) // (2 * (pll >> 16 & 3) + 2)

    def apb1_hz(self):
        divider = self.word(RCC_CFGR) >> 10 & 7
        return self.sysclk() >> (divider - 3 if divider >= 4 else 0)

    def bus_hz(self):
        return self.apb1_hz() >> ((self.word(CR1) >> 3 & 7) + 1)

    def _check(self, uc, access, address, size, value, data):
        for (start, end), (register, bit) in CLOCKS.items():
            if start <= address < end:
                if not self.word(register) >> bit & 1:
                    self.fault(f"{address:#010x} is used without a clock")
                return
        if not any(start <= address < end for start, end in ALWAYS):
            self.fault(f"{address:#010x} is used, which the board does not have")

    # ---- Registers --------------------------------------------------------------------------------------------------

    def _write(self, uc, access, address, size, value, data):
        if address == DR:
            self._sent(value & 0xFF)
            return
        self.route = None
        if GPIOA <= address < GPIOA + 9 * 0x400:
            if address & 0x3FF == BSRR:
                port = address & ~0x3FF
                level = self.word(port + ODR) & ~(value >> 16) | value & 0xFFFF
                self.write_word(port + ODR, level)
                self._output(port, level)
            elif address & 0x3FF == ODR:
                self._output(address & ~0x3FF, value)
        elif address == PWR_CR:
            self.write_word(PWR_CSR, 0x4000)

    def _ready(self, uc, access, address, size, value, data):
        """Oscillators are ready at once, and the clock is the one that was asked for."""
        if address == RCC_CR:
            asked = self.word(address)
            # HSI, HSE and PLL.
            self.write_word(address, asked | (asked & 0x01010001) << 1)
        elif address == RCC_CFGR:
            asked = self.word(address)
            self.write_word(address, asked & ~0xC | (asked & 3) << 2)
        elif address == RCC_CSR:
            asked = self.word(address)
            self.write_word(address, asked | (asked & 1) << 1)

    def _output(self, port, level):
        if port == GPIOD:
            self.display.set_reset(self._is_output(GPIOD, 9) and level >> 9 & 1)

    def _is_output(self, port, pin):
        return self.word(port + MODER) >> 2 * pin & 3 == 1

    def _sent(self, byte):
        if self.route is None:
            self.route = self._find_route()
        to_display, is_data, byte_ps = self.route
        if to_display:
            self.display.send(byte, is_data)
        self.ps += byte_ps
        self.write_word(SR, TXE | RXNE)

    def _find_route(self):
        """Where bytes go as the registers are: whether to the display, whether as data, and for how long."""
        moder, functions = self.word(GPIOB + MODER), self.word(GPIOB + AFRH)
        wired = all(moder >> 2 * pin & 3 == 2 and functions >> 4 * (pin - 8) & 15 == 5 for pin in (13, 15))
        control = self.word(CR1)
        if control & 0x44 != 0x44:
            self.fault("a byte is sent by a bus that is off")
        # Eight bits, the highest first; clock low at rest and taken at its rise, or high at rest and the same.
        if control & 0x880 or control & 3 not in (0, 3):
            self.fault(f"the bus has another form, {control:#06x}")
        # The data sheet: 66 ns for a bit that is written.
        if self.bus_hz() > 66_000_000:
            self.fault(f"a bus of {self.bus_hz()} Hz is too fast for the display")
        selected = self._is_output(GPIOB, 12) and not self.word(GPIOB + ODR) >> 12 & 1
        is_data = self._is_output(GPIOD, 8) and self.word(GPIOD + ODR) >> 8 & 1
        return wired and selected, is_data, 8 * 10**12 // self.bus_hz()

    def _received(self, uc, access, address, size, value, data):
        self.write_word(SR, TXE)

    # ---- The run ----------------------------------------------------------------------------------------------------

    def look(self):
        # The button is between its pin and the supply, with a resistor to ground on the board.
        level = self.word(GPIOA + IDR) & ~1 | self.is_down("A")
        self.write_word(GPIOA + IDR, level)

    def report(self):
        pulls = self.word(GPIOA + PUPDR) & 3
        latency = self.word(FLASH_ACR) & 7
        if latency < (self.sysclk() - 1) // 30_000_000:
            self.fault(f"{latency} wait states of the flash at {self.sysclk()} Hz")
        functions = self.word(GPIOB + AFRH)
        return {
            **self.display.report(),
            "asked": {
                "core_hz": self.sysclk(),
                "bus_hz": self.bus_hz(),
                "sck": functions >> 20 & 15,
                "mosi": functions >> 28 & 15,
                "button": {"up": pulls == 1, "down": pulls == 2},
            },
            "faults": self.faults,
        }


main(Discovery)
