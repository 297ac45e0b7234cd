"""`manage.py eventlog_subject rewrap`."""

from typing import Any

from tqdm import tqdm

from eventlog import catalog
from eventlog.logger import log_event
from eventlog.management.facts import Facts
from eventlog.privacy import keyring, rewrapping

HELP = "Wrap all data keys with the first of ENCRYPTION_KEYS, so that the others can be removed."


def add(actions: Any) -> None:
    parser = actions.add_parser("rewrap", help=HELP, description=HELP)
    parser.add_argument("--json", action="store_true", help="Print one line of JSON.")


def facts() -> Facts:
    """Shows how far it is where somebody is watching (stderr is a terminal)."""
    first, done = keyring.keyring().first, rewrapping.Step()
    with tqdm(desc="Wrapping", unit=" keys", total=rewrapping.to_do(first), disable=None) as bar:
        for step in rewrapping.rewrap():
            done += step
            bar.update(step.subjects + step.files + step.passed)
    said = {"key": first, "subjects": done.subjects, "files": done.files, "held_by": rewrapping.holders()}
    if done.subjects or done.files:
        log_event(catalog.CONFIG_CHANGED, event_name="Data keys wrapped anew", event_data={"rewrapped": said})
    return said


def is_good(facts: Facts) -> bool:
    """Whether all are under the first."""
    return set(facts["held_by"]) <= {facts["key"]}


def in_words(facts: Facts) -> str:
    done = f"Wrapped anew with the key {facts['key']}: {facts['subjects']:,} of subjects, {facts['files']:,} of files."
    if is_good(facts):
        return f"{done} None is under another, which can go from ENCRYPTION_KEYS."
    left = [
        f"{numbers['subjects']:,} of subjects and {numbers['files']:,} of files under {name}"
        for name, numbers in facts["held_by"].items()
        if name != facts["key"]
    ]
    return f"{done} Left: {'; '.join(left)}. Without that key they cannot be read."
