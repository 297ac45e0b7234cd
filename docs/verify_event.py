"""Check the proof of one event without EduPro: `python verify_event.py proof.json KEY`.

KEY is the log's public key, NAME+HASH+BASE64, from somebody you trust and not from the proof. See verify.md.
Needs Python 3.11 and `cryptography`.
"""

import base64
import json
import sys
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def need(is_so: bool, why: str) -> None:
    if not is_so:
        raise ValueError(why)


def root(leaf: bytes, place: int, size: int, path: list[str]) -> bytes:
    """RFC 9162, section 2.1.3.2."""
    found, last = sha256(b"\0" + leaf).digest(), size - 1
    for each in map(bytes.fromhex, path):
        need(last > 0, "the path is too long")
        if place % 2 or place == last:
            found = sha256(b"\1" + each + found).digest()
            while not place % 2 and place:
                place, last = place >> 1, last >> 1
        else:
            found = sha256(b"\1" + found + each).digest()
        place, last = place >> 1, last >> 1
    need(last == 0, "the path is too short")
    return found


def commitment(part: dict[str, Any]) -> bytes:
    kept = bytes.fromhex(part["commitment"])
    if part["salt"] is not None:
        need(sha256(bytes.fromhex(part["salt"]) + part["columns"].encode()).digest() == kept, "a part is not its own")
    return kept


def check(proof: dict[str, Any], key: str) -> str:
    event, facts = bytes.fromhex(proof["id"].replace("-", "")), json.loads(proof["facts"])
    need(facts["id"] == proof["id"], "the columns are another event's")
    digest = sha256(commitment(proof["actor"]) + commitment(proof["subject"]) + proof["facts"].encode()).digest()

    batch, log, sealed = proof["batch"], proof["log"], json.loads(proof["batch"]["columns"])
    found = root(event + digest, batch["place"], batch["size"], batch["path"])
    need(found.hex() == sealed["root"], "the event is not in its batch")
    seal = sha256(b"eventlog batch 1\n" + batch["columns"].encode()).digest()

    entry = b"eventlog entry 1\nbatch\n" + bytes.fromhex(sealed["id"].replace("-", "")) + seal
    found = root(entry, log["place"], log["size"], log["path"])
    text, _, signatures = proof["checkpoint"].rpartition("\n\n")
    _name, size, signed, time, *_ = text.splitlines()
    need((int(size), base64.b64decode(signed)) == (log["size"], found), "the batch is not in the checkpoint")

    name, key_hash, public = key.split("+", 2)
    signature = next(line for line in signatures.splitlines() if line.startswith(f"— {name} "))
    packed = base64.b64decode(signature.rpartition(" ")[2])
    need(packed[:4].hex() == key_hash, "another key has signed it")
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:]).verify(packed[4:], f"{text}\n".encode())
    return f"valid: event {proof['id']} was in the log at {time.removeprefix('time ')}"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        sys.stdout.write(check(json.load(file), sys.argv[2]) + "\n")
