"""A Cortex-M core in Unicorn: memory, exceptions, and the timer SysTick."""

from pathlib import Path

from intelhex import IntelHex
from unicorn import UC_ARCH_ARM, UC_HOOK_MEM_INVALID, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE
from unicorn import UC_MODE_MCLASS, UC_MODE_THUMB, Uc, UcError
from unicorn.arm_const import *

from machine import Machine

# The most instructions between two looks at the time.
SLICE = 4000
HANDLER_SLICE = 16

SYSTICK = 15

SCS = 0xE000E000
SYST_CSR, SYST_RVR, SYST_CVR = SCS + 0x10, SCS + 0x14, SCS + 0x18
VTOR, AIRCR = SCS + 0xD08, SCS + 0xD0C

# Where an exception returns to. Not the chip's own 0xFFFFFFF9, at which Unicorn ends with an error.
EXC_RETURN = 0x0FFFF001

WFI = 0xBF30
# Unicorn knows no such instruction and ends after it.
YIELD = 0xBF10

GENERAL = [UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R12, UC_ARM_REG_LR]
FLOATS = [UC_ARM_REG_D0 + n for n in range(8)] + [UC_ARM_REG_FPSCR]
WITH_FLOATS = [UC_CPU_ARM_CORTEX_M4, UC_CPU_ARM_CORTEX_M7, UC_CPU_ARM_CORTEX_M33]


class CortexM(Machine):
    """A board's class hooks its peripherals. The images and the model are in flash."""

    pc_register = UC_ARM_REG_PC

    def __init__(self, scenario, model, flash, rams, core_hz, cycles_per_instruction):
        super().__init__(scenario)
        self.core_hz = core_hz
        self.cycles_per_instruction = cycles_per_instruction * scenario["slow"]
        self.resets = 0
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(model)
        self.stacked = GENERAL + (FLOATS if model in WITH_FLOATS else [])
        self.flash = flash
        for start, size in [flash, *rams, (SCS & ~0xFFFFF, 0x100000), (EXC_RETURN & ~1, 0x1000)]:
            self.uc.mem_map(start, size)
        start, size = flash
        self.uc.mem_write(start, b"\xff" * size)
        for image in scenario["images"]:
            self.uc.mem_write(image["address"], Path(image["file"]).read_bytes())
        if scenario["model"]:
            self.load_model(Path(scenario["model"]))
        for start, size in rams:
            self.uc.mem_write(start, self.noise.randbytes(size))
        self.systick_on = False
        self.next_tick = None
        self.waited_for = None
        self.reset_asked = False
        self.saved = None
        self.uc.hook_add(UC_HOOK_MEM_WRITE, self._system_write, begin=SCS, end=SCS + 0xFFF)
        self.uc.hook_add(UC_HOOK_MEM_READ, self._system_read, begin=SYST_CSR, end=SYST_CSR + 3)
        self.uc.hook_add(UC_HOOK_MEM_INVALID, self.invalid)

    def load_model(self, path):
        model = IntelHex(str(path))
        for start, end in model.segments():
            self.uc.mem_write(start, model.tobinstr(start=start, end=end - 1))

    def can_start(self):
        """Whether the chip starts the firmware that is in its flash."""
        return True

    # ---- The system's registers -------------------------------------------------------------------------------------

    def _system_write(self, uc, access, address, size, value, data):
        if address == SYST_CSR:
            # On, and with its exception or without.
            if value & 3 == 3 and not self.systick_on:
                self.next_tick = self.ps + self._period()
            self.systick_on = value & 3 == 3
            self.waited_for = self.ps + self._period() if value & 3 == 1 else None
        elif address == AIRCR and value & 0xFFFF0004 == 0x05FA0004:
            self.resets += 1
            self.reset_asked = True
            uc.emu_stop()

    def _system_read(self, uc, access, address, size, value, data):
        """Nothing waits: a look at the timer is at the time when it wraps."""
        if self.waited_for is not None:
            self.ps = max(self.ps, self.waited_for)
            self.write_word(SYST_CSR, self.word(SYST_CSR) | 1 << 16)

    def _period(self):
        return (self.word(SYST_RVR) + 1) * 10**12 // self.core_hz()

    def reset(self):
        self.reset_asked = False
        self.systick_on = False
        self.waited_for = None
        self.saved = None
        self.write_word(SYST_CSR, 0)
        self.write_word(VTOR, self.flash[0])
        self.uc.reg_write(UC_ARM_REG_SP, self.word(self.flash[0]))
        self.uc.reg_write(UC_ARM_REG_PRIMASK, 0)
        self.pc = self.word(self.flash[0] + 4) & ~1

    # ---- Exceptions -------------------------------------------------------------------------------------------------

    def next_event(self):
        """When something happens next that may cause an exception; `None` if nothing does."""
        return self.next_tick if self.systick_on else None

    def due(self):
        """The number of the exception that waits; `None` without one."""
        if self.systick_on and self.ps >= self.next_tick:
            self.next_tick += self._period()
            return SYSTICK
        return None

    def _enter(self, number):
        """Stacks the registers as the core does, floating point as well, and goes to the handler. Exceptions of the same priority
        wait for each other, and the firmware sets none."""
        uc = self.uc
        sp = uc.reg_read(UC_ARM_REG_SP)
        status = uc.reg_read(UC_ARM_REG_CPSR)
        frame = (sp - 0x68) & ~7
        self.saved = (sp, status, self.pc, [uc.reg_read(it) for it in self.stacked])
        for offset in range(0, 0x68, 4):
            self.write_word(frame + offset, 0)
        uc.reg_write(UC_ARM_REG_SP, frame)
        uc.reg_write(UC_ARM_REG_LR, EXC_RETURN)
        self.pc = self.word(self.word(VTOR) + 4 * number) & ~1

    def _leave(self):
        uc = self.uc
        sp, status, self.pc, stacked = self.saved
        self.saved = None
        for register, value in zip(self.stacked, stacked):
            uc.reg_write(register, value)
        uc.reg_write(UC_ARM_REG_SP, sp)
        uc.reg_write(UC_ARM_REG_CPSR, status)

    def _last_instruction(self):
        return int.from_bytes(self.uc.mem_read(self.uc.reg_read(UC_ARM_REG_PC) - 2, 2), "little")

    # ---- The run ----------------------------------------------------------------------------------------------------

    def run(self):
        """Runs to the scenario's end. `look`, which a board has, is called at every slice of time."""
        if not self.can_start():
            return
        self.reset()
        end = self.scenario["end_ms"] * 10**9
        while self.ps < end:
            self.look()
            if not self.saved and not self.uc.reg_read(UC_ARM_REG_PRIMASK):
                number = self.due()
                if number is not None:
                    self._enter(number)
            instruction_ps = self.cycles_per_instruction * 10**12 // self.core_hz()
            event = self.next_event()
            # A handler ends sooner than a slice, and Unicorn does not say when.
            count = HANDLER_SLICE if self.saved else SLICE
            if event is not None and event > self.ps:
                count = max(1, min(count, (event - self.ps) // instruction_ps))
            try:
                self.uc.emu_start(self.pc | 1, EXC_RETURN - 1, count=count)
            except UcError as error:
                if self._last_instruction() != YIELD:
                    self.fault(f"{error} at {self.uc.reg_read(UC_ARM_REG_PC):#010x}")
                    return
            self.ps += count * instruction_ps
            self.pc = self.uc.reg_read(UC_ARM_REG_PC) & ~1
            if self.reset_asked:
                self.reset()
            elif self.pc == EXC_RETURN - 1:
                self._leave()
            elif event is not None and not self.saved and self._last_instruction() in (WFI, YIELD):
                # Nothing to do until then.
                self.ps = max(self.ps, event)
