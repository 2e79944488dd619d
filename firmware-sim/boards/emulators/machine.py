"""A chip in Unicorn, as far as all boards share it: time, memory, buttons, faults, and the files of a scenario.

Time is counted in instructions and in bytes on a bus, so that a scenario gives the same bytes every time.
"""

import json
import random
import sys
from pathlib import Path


class Machine:
    """`self.uc` is the emulator and `self.pc_register` its program counter: a chip's class sets both."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.noise = random.Random(17)
        self.faults = []
        self.ps = 0

    @property
    def ms(self):
        return self.ps / 1e9

    def fault(self, text):
        if text not in self.faults:
            self.faults.append(text)

    def word(self, address):
        return int.from_bytes(self.uc.mem_read(address, 4), "little")

    def write_word(self, address, value):
        self.uc.mem_write(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def invalid(self, uc, access, address, size, value, data):
        pc = uc.reg_read(self.pc_register)
        self.fault(f"access to {address:#010x} at {pc:#010x}, where there is nothing")
        return False

    def is_down(self, *names):
        """Whether a finger is on one of these buttons."""
        presses = (it for it in self.scenario["presses"] if it["button"] in names)
        return any(it["from_ms"] <= self.ms < it["to_ms"] for it in presses)


def main(board_class):
    scenario = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    board = board_class(scenario, folder)
    board.run()
    (folder / "report.json").write_text(json.dumps(board.report(), indent=1))
