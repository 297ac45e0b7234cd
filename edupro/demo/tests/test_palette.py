"""Small pictures: the PNG itself, read again."""

import struct
import zlib

import pytest

from edupro.demo import palette


def read(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and the colour of each pixel."""
    chunks, at = {}, 8
    while at < len(png):
        (size,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        chunks[kind] = png[at + 8 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + chunks[kind])
        at += 12 + size
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    colours, lines = chunks[b"PLTE"], zlib.decompress(chunks[b"IDAT"])
    rows = [lines[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)]
    return width, height, [colours[index * 3 : index * 3 + 3] for row in rows for index in row]


def test_few_colours_stay_as_they_are():
    pixels = bytes([255, 0, 0, 255, 0, 128, 0, 255, 7, 7, 7, 255] * 2)
    assert read(palette.png(pixels, 3)) == (3, 2, [b"\xff\0\0", b"\0\x80\0", b"\7\7\7"] * 2)


@pytest.mark.parametrize("shade", [0, 100, 255])
def test_of_many_colours_each_becomes_one_near_it(shade: int):
    pixels = b"".join(bytes([red, shade, blue, 255]) for red in range(0, 256, 5) for blue in range(0, 256, 5))
    _width, _height, shown = read(palette.png(pixels, 52))
    assert len(set(shown)) <= 256
    assert all(abs(colour[1] - shade) < 4 for colour in shown)
