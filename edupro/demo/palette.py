"""Pictures of screens, made small: 256 colours say as much as all of them, in half the bytes."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

MOST_COLOURS = 256
FINE = 0xFCFCFC  # what the eye tells apart; the rest only makes more colours


def png(pixels: bytes, width: int) -> bytes:
    """A PNG with a palette, of pixels in red, green, blue and alpha."""
    rgba = np.frombuffer(pixels, np.uint8).reshape(-1, 4).astype(np.int64)
    packed = rgba[:, 0] << 16 | rgba[:, 1] << 8 | rgba[:, 2]
    palette, indexes = limited(packed)
    rows = indexes.reshape(-1, width)
    lines = np.hstack([np.zeros((len(rows), 1), np.uint8), rows]).tobytes()  # 0: as they are, no filter
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    colours = channels(palette).astype(np.uint8).tobytes()
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def limited(packed: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The most frequent colours, and for each pixel which of them is nearest."""
    every, first, inverse, counts = np.unique(packed & FINE, return_index=True, return_inverse=True, return_counts=True)
    kept = np.argsort(counts)[::-1][:MOST_COLOURS]
    palette = packed[first[kept]]
    distances = ((channels(every)[:, None, :] - channels(palette)[None, :, :]) ** 2).sum(axis=2)
    return palette, distances.argmin(axis=1).astype(np.uint8)[inverse]


def channels(packed: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=1)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
