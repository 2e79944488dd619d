"""An ST7789 display of 240x240 on a serial bus, by its data sheet: bytes go in, the colours of the panel come out."""

WIDTH = HEIGHT = 240
COLUMNS, ROWS = 240, 320

SWRESET, SLPIN, SLPOUT, NORON, INVOFF, INVON, DISPOFF, DISPON = 0x01, 0x10, 0x11, 0x13, 0x20, 0x21, 0x28, 0x29
CASET, RASET, RAMWR, VSCRDEF, MADCTL, VSCSAD, COLMOD = 0x2A, 0x2B, 0x2C, 0x33, 0x36, 0x37, 0x3A

# Sixteen bits for a pixel.
PIXELS_OF_16_BITS = 0x55


class St7789:
    def __init__(self, machine, folder):
        self.machine = machine
        self.memory = bytearray(machine.noise.randbytes(COLUMNS * ROWS * 2))
        self.commands = []
        self.frames = []
        self.file = open(folder / "frames", "wb")
        self.reset_level = None
        self.was_reset = False
        self.first_shown = None
        self.kept = None
        self._reset()

    def _reset(self):
        self.on = self.awake = self.inverted = False
        self.mode, self.format = 0, 0x66
        self.columns, self.rows = (0, COLUMNS - 1), (0, ROWS - 1)
        self.command = None
        self.parameters = bytearray()

    def set_reset(self, level):
        if level != self.reset_level and not level:
            self.was_reset = True
            self._reset()
        self.reset_level = level

    def send(self, byte, is_data):
        """Takes a byte, with the level of the pin that tells data from commands."""
        if not self.reset_level or not self.was_reset:
            self.machine.fault("the display is sent bytes without a reset")
        if not is_data:
            self._end()
            self.command, self.parameters = byte, bytearray()
            self._begin()
        elif self.command == RAMWR:
            self.pixels.append(byte)
            if len(self.pixels) == self.wanted:
                self._frame()
        else:
            self.parameters.append(byte)
            self._parameter()

    def _begin(self):
        command = self.command
        if command == SWRESET:
            self._reset()
        elif command in (SLPIN, SLPOUT):
            self.awake = command == SLPOUT
        elif command in (INVOFF, INVON):
            self.inverted = command == INVON
        elif command in (DISPOFF, DISPON):
            self.on = command == DISPON
            if self.on and self.first_shown is None:
                self.first_shown = self.shown()
        elif command == RAMWR:
            (left, right), (top, bottom) = self.columns, self.rows
            self.wanted = (right - left + 1) * (bottom - top + 1) * 2
            self.pixels = bytearray()

    def _parameter(self):
        values = self.parameters
        if self.command == CASET and len(values) == 4:
            self.columns = int.from_bytes(values[:2]), int.from_bytes(values[2:])
        elif self.command == RASET and len(values) == 4:
            self.rows = int.from_bytes(values[:2]), int.from_bytes(values[2:])
        elif self.command == MADCTL:
            self.mode = values[0]
        elif self.command == COLMOD:
            self.format = values[0]

    def _end(self):
        if self.command is None:
            return
        if self.command == RAMWR and self.pixels:
            if len(self.pixels) < self.wanted:
                self.machine.fault("a frame ends early")
        elif len(self.commands) < 40:
            self.commands.append(bytes([self.command, *self.parameters]).hex(" "))

    def _frame(self):
        (left, right), (top, bottom) = self.columns, self.rows
        row = (right - left + 1) * 2
        for n, y in enumerate(range(top, bottom + 1)):
            at = (y * COLUMNS + left) * 2
            self.memory[at : at + row] = self.pixels[n * row : (n + 1) * row]
        self.pixels = bytearray()
        if (right - left + 1, bottom - top + 1) == (WIDTH, HEIGHT):
            self._keep()

    def _keep(self):
        self.frames.append({"ms": self.machine.ms, "lit": self.on and self.awake})
        self.kept = self.seen()
        self.file.write(self.kept)

    def seen(self):
        """The colours of the panel, high byte first. It shows the complement of its memory unless told to invert."""
        start = bytes(self.memory[: WIDTH * HEIGHT * 2])
        if self.format != PIXELS_OF_16_BITS:
            self.machine.fault(f"pixels of another format, {self.format:#04x}")
        if self.mode & 0xF8:
            self.machine.fault(f"another order of colours or pixels, {self.mode:#04x}")
        return start if self.inverted else bytes(byte ^ 0xFF for byte in start)

    def shown(self):
        """Whether something other than black is shown."""
        return any(self.seen()) if self.awake else False

    def report(self):
        # A picture that was drawn in pieces is a frame at the end.
        if self.seen() != self.kept:
            self._keep()
        self.file.close()
        return {
            "frames": self.frames,
            "lit": self.on and self.awake,
            "noise_at_first": self.first_shown,
            "commands": self.commands,
        }
