"""The catalogue: every type that our own code records is in it."""

import ast
from pathlib import Path

import pytest

from eventlog import catalog

ROOT = Path(__file__).parents[2]
SOURCES = [path for top in ("eventlog", "edupro") for path in (ROOT / top).rglob("*.py") if "tests" not in path.parts]

DOORS = ("log_event", "log_ml_event", "log_system_event", "log_file_event", "log_security_event")


@pytest.mark.parametrize(
    ("name", "category"),
    [("SISWA_CREATE", "CRUD"), ("NILAI_BULK_UPDATE", "CRUD"), ("LOGIN", "AUTH"), ("SQL_INJECTION", "SECURITY")],
)
def test_types_know_their_category(name: str, category: str) -> None:
    known = catalog.lookup(name)
    assert known is not None
    assert known.category == category


@pytest.mark.parametrize("name", ["COFFEE", "_CREATE", "CREATE", ""])
def test_other_names_are_unknown(name: str) -> None:
    assert catalog.lookup(name) is None


def test_an_update_in_bulk_is_not_the_update_of_a_bulk() -> None:
    known = catalog.lookup("SISWA_BULK_UPDATE")
    assert known is not None
    assert known.label == "several siswa records changed"


def test_our_own_code_records_only_known_types() -> None:
    unknown = [f"{path.name}: {name}" for path in SOURCES for name in recorded(path) if catalog.lookup(name) is None]
    assert not unknown


def recorded(path: Path) -> list[str]:
    """The literal types and the catalogue's names given to `log_event` and its kin in a file."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args]
    ours = [call.args[0] for call in calls if called(call) in DOORS]
    literal = [first.value for first in ours if isinstance(first, ast.Constant) and isinstance(first.value, str)]
    return literal + [first.attr for first in ours if isinstance(first, ast.Attribute) and first.attr.isupper()]


def called(call: ast.Call) -> str:
    return getattr(call.func, "id", None) or getattr(call.func, "attr", "")
