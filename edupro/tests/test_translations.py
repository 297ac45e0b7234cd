"""The Indonesian catalogues of the project and of the event log say all that the code says, and are compiled.

After a change of texts, in the project's folder: `manage.py makemessages -l id --no-location --no-wrap`, translate,
`manage.py compilemessages --ignore=.venv`.
"""

import re
import shutil
from ast import literal_eval
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.translation import gettext, override
from pytest_django import Settings

from eventlog import catalog
from eventlog.admin import wording
from eventlog.models import Event

ROOT = Path(__file__).parents[2]
SOURCES = ("edupro", "eventlog", "templates")
CATALOGS = ("edupro", "edupro/prediction", "eventlog")
CATALOG = Path("locale", "id", "LC_MESSAGES", "django.po")
SAME_IN_BOTH = {"Debug", "Info"}
# For these there is: kesalahan, isian, data, email, disk, bita (as Django has it), log peristiwa, rute, respons.
OTHER_WORDS = re.compile(
    r"\b(galat|bidang|rekaman|surel|diska|bytes?|catatan peristiwa|titik akhir|waktu tanggap|event|log kejadian)\b",
    re.I,
)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdr]|{\w*}")

each_catalog = pytest.mark.parametrize("app", CATALOGS)


@pytest.mark.skipif(not shutil.which("xgettext"), reason="apt-get install gettext")
def test_every_text_in_the_code_is_in_a_catalogue(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for top in SOURCES:
        shutil.copytree(ROOT / top, tmp_path / top, ignore=shutil.ignore_patterns("locale", "__pycache__", ".*"))
    for app in CATALOGS:
        (tmp_path / app / "locale").mkdir()
    settings.LOCALE_PATHS = [tmp_path / "edupro" / "locale"]
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=["id"], verbosity=0)
    for app in CATALOGS:
        found, known = names(tmp_path / app / CATALOG), names(ROOT / app / CATALOG)
        assert found and found - known == set(), f"not in {app}/{CATALOG}"


def test_the_words_for_changes_of_records_are_in_the_catalogue() -> None:
    assert {("", label) for label, _severity in catalog.CRUD_ACTIONS.values()} <= names(ROOT / "eventlog" / CATALOG)


@each_catalog
def test_every_message_is_translated_for_certain(app: str) -> None:
    wanting = [message["msgid"] for message in messages(app) if message["fuzzy"] or "" in texts(message).values()]
    assert wanting == []


@each_catalog
def test_what_is_compiled_is_what_is_written(app: str) -> None:
    written = {key: text for message in messages(app) for key, text in texts(message).items()}
    with (ROOT / app / CATALOG.with_suffix(".mo")).open("rb") as file:
        compiled = dict(vars(GNUTranslations(file))["_catalog"])
    del compiled[""]  # the header
    assert compiled == written


@each_catalog
def test_placeholders_survive_the_translation(app: str) -> None:
    pairs = [(message["msgid"], text) for message in messages(app) for text in texts(message).values()]
    assert [pair for pair in pairs if len({tuple(sorted(PLACEHOLDER.findall(text))) for text in pair}) > 1] == []


@each_catalog
def test_one_thing_has_one_word(app: str) -> None:
    said = {text for message in messages(app) for text in texts(message).values()}
    assert {text for text in said if OTHER_WORDS.search(text)} == set()


@each_catalog
def test_the_header_names_neither_people_nor_this_machine(app: str) -> None:
    header = next(message["msgstr"] for message in read(ROOT / app / CATALOG) if not message["msgid"])
    assert f"Project-Id-Version: {app}\n" in header
    assert "Last-Translator: EduPro\n" in header
    assert not re.search(r"@|[A-Z]{4} |/\w+/", header)


def test_every_word_of_the_catalogue_of_events_is_indonesian() -> None:
    english, indonesian = labels("en"), labels("id")
    equal = {text for text, other in zip(english, indonesian, strict=True) if text == other}
    assert equal == SAME_IN_BOTH


def test_a_change_is_told_in_indonesian() -> None:
    event = Event(event_type="SISWA_UPDATE", action="UPDATE", entity_type="siswa")
    with override("id"):
        assert wording.label(event) == "Data siswa diubah"


def labels(language: str) -> list[str]:
    with override(language):
        named = [*catalog.CATEGORIES.values(), *catalog.SEVERITIES.values(), *catalog.STATUSES.values()]
        kinds = [known.label for known in catalog.TYPES.values()]
        return [*map(str, [*named, *kinds]), *(gettext(label) for label, _severity in catalog.CRUD_ACTIONS.values())]


def names(path: Path) -> set[tuple[str, str]]:
    """The contexts and texts of the messages in a catalogue."""
    return {(message.get("msgctxt", ""), message["msgid"]) for message in read(path) if message["msgid"]}


def messages(app: str) -> list[dict[str, str]]:
    return [message for message in read(ROOT / app / CATALOG) if message["msgid"]]


def texts(message: dict[str, str]) -> dict[str | tuple[str, int], str]:
    """The translations, under the keys of a compiled catalogue."""
    context = message.get("msgctxt")
    key = message["msgid"] if context is None else f"{context}\x04{message['msgid']}"
    if "msgid_plural" not in message:
        return {key: message["msgstr"]}
    return {(key, int(name[7:-1])): text for name, text in message.items() if name.startswith("msgstr[")}


def read(path: Path) -> Iterator[dict[str, str]]:
    """The messages in a .po, the header too; `fuzzy` is empty but where the translation is a guess."""
    message: dict[str, str] = {}
    flags = field = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#,"):
            flags += line
        if line.startswith("#") or not line:
            continue
        word, _quote, text = line.partition('"')
        if word.strip():
            begins = word.strip() == "msgctxt" or (word.strip() == "msgid" and field != "msgctxt")
            field = word.strip()
            if begins:
                if message:
                    yield message
                message = {"fuzzy": "fuzzy" if "fuzzy" in flags else ""}
                flags = ""
        message[field] = message.get(field, "") + literal_eval(f'"{text}')
    yield message
