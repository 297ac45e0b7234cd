"""An exception as columns of an event."""

import hashlib
import traceback
from typing import Any


def failure_columns(fault: BaseException) -> dict[str, Any]:
    return {
        "error_code": type(fault).__qualname__,
        "error_message": message_of(fault),
        "error_fingerprint": fingerprint(fault),
        "stack_trace": "".join(traceback.format_exception(fault, limit=-30)),
    }


def message_of(fault: BaseException) -> str:
    return "".join(traceback.format_exception_only(fault)).strip()


def fingerprint(fault: BaseException) -> str:
    """Equal for equal faults: the type and the lines it came through, by their text and not by number, each once."""
    frames = traceback.extract_tb(fault.__traceback__)
    places = dict.fromkeys(f"{frame.filename}:{frame.name}:{frame.line}" for frame in frames)
    return hashlib.sha256("\n".join([type(fault).__qualname__, *places]).encode(errors="replace")).hexdigest()[:32]
