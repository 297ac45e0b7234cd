"""The proof of an event, and the script by which an outsider checks it."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from eventlog.integrity import checkpoints, evidence, keys
from eventlog.models import Event
from eventlog.tests.altering import altering
from eventlog.tests.integrity.conftest import OTHER_KEY, checkpoint, event, id_of, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signing")]
SCRIPT = Path(__file__).parents[3] / "docs" / "verify_event.py"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_event", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def proof_of(record: bytes, *, sees_insides: bool = True) -> dict[str, Any]:
    proof = evidence.of(Event.objects.get(id=id_of(record)), sees_insides=sees_insides, using="default")
    assert proof is not None
    return proof


@pytest.fixture
def proof() -> dict[str, Any]:
    """Of the third of five events, in the second of three batches."""
    records = [event(username="ani", event_data={"n": 0.1, "name": "Ñ"}) for _ in range(5)]
    write(event())
    write(*records)
    write(event())
    checkpoint()
    return proof_of(records[2])


def key(seed: str | None = None) -> str:
    verifier = keys.verifiers()[0] if seed is None else keys.verifier(seed)
    return verifier.written(checkpoints.log_name())


def test_an_outsider_finds_it_valid(script: ModuleType, proof: dict[str, Any]) -> None:
    assert script.check(proof, key()).startswith(f"valid: event {proof['id']} was in the log at 2")


def test_the_script_is_run_by_itself(proof: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    run = subprocess.run([sys.executable, "-I", SCRIPT, file, key()], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("valid: ")


@pytest.mark.parametrize("name", ["facts", "actor", "subject", "batch", "log", "checkpoint"])
def test_whatever_is_changed_it_is_refused(script: ModuleType, proof: dict[str, Any], name: str) -> None:
    changed: Any = {
        "facts": proof["facts"].replace("MAINTENANCE", "LOGIN"),
        "actor": {**proof["actor"], "columns": proof["actor"]["columns"].replace("ani", "budi")},
        "subject": {**proof["subject"], "commitment": proof["actor"]["commitment"]},
        "batch": {**proof["batch"], "columns": proof["batch"]["columns"].replace('"dead_count":0', '"dead_count":1')},
        "log": {**proof["log"], "place": 0},
        "checkpoint": proof["checkpoint"].replace("\ntime 2", "\ntime 1"),
    }
    assert changed[name] != proof[name]
    with pytest.raises((ValueError, InvalidSignature)):
        script.check({**proof, name: changed[name]}, key())


def test_another_key_proves_nothing(script: ModuleType, proof: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="another key"):
        script.check(proof, key(OTHER_KEY))


def test_before_the_next_checkpoint_the_batch_alone_is_proven() -> None:
    record = event()
    write(record)
    proof = proof_of(record)
    assert (proof["log"], proof["checkpoint"]) == (None, None) and proof["batch"]["size"] == 1


def test_who_may_not_see_a_stack_trace_gets_a_proof_without_it(script: ModuleType) -> None:
    record = event(stack_trace="in secret()", reason="why")
    write(record)
    checkpoint()
    proof = proof_of(record, sees_insides=False)
    assert (proof["subject"]["columns"], proof["subject"]["salt"]) == (None, None)
    assert script.check(proof, key()).startswith("valid: ")


# --- the API ---
@pytest.fixture
def client() -> APIClient:
    found = APIClient()
    found.force_authenticate(User.objects.create_superuser("ada"))
    return found


def test_the_api_gives_it(client: APIClient, proof: dict[str, Any]) -> None:
    answer = client.get(f"/api/events/{proof['id']}/proof")
    assert answer.status_code == 200 and answer.json() == proof


def test_there_is_none_of_what_one_may_not_see(client: APIClient, proof: dict[str, Any]) -> None:
    client.force_authenticate(User.objects.create_user("budi"))
    assert client.get(f"/api/events/{proof['id']}/proof").status_code == 404


def test_there_is_none_of_before_there_were_proofs(client: APIClient, proof: dict[str, Any]) -> None:
    with altering():
        Event.objects.update(batch_id=None)
    assert client.get(f"/api/events/{proof['id']}/proof").status_code == 404


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE event_log_entries SET nodes = sha256(nodes) WHERE length(nodes) > 0",
        "UPDATE event_log_entries SET nodes = ''",
        "DELETE FROM event_log_entries WHERE place < (SELECT max(place) FROM event_log_entries)",
        "UPDATE event_batches SET seal = sha256(seal)",
        "UPDATE event_checkpoints SET note = ''",
    ],
)
def test_there_is_none_that_proves_nothing(client: APIClient, attack: str) -> None:
    """Its place is behind others, whose roots stand with them."""
    record = event()
    for each in (event(), event(), record):
        write(each)
    checkpoint()
    with altering(), connection.cursor() as cursor:
        cursor.execute(attack)
    answer = client.get(f"/api/events/{id_of(record)}/proof")
    assert (answer.status_code, answer.json()["code"]) == (409, "log_altered")
