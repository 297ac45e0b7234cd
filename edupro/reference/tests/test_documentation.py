"""README and docs say nothing that is not there, and leave out nothing that is."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import global_settings
from django.utils.text import capfirst
from django.utils.translation.trans_real import translation as gettext_catalogue

from edupro.celery import app as celery
from edupro.reference.operations import all_commands, all_permissions, own_options, parts_of
from edupro.reference.tests.pages import DOCS, PAGES, ROOT, anchors_of, bold_of, links_of, name_of, prose_of, text_of
from eventlog import catalog
from eventlog.conf import SETTINGS

README = ROOT / "README.md"
SOURCES = [path for top in ("eventlog", "edupro", "benchmarks") for path in (ROOT / top).rglob("*.py")]
CODE = [path for path in SOURCES if "tests" not in path.parts]
MADE = {"docs/EVENT_TABLE_EDUPRO_2025.md"}  # from the catalogue itself
TRANSLATED = {"users.md": "pengguna.md"}  # for staff: in English and in Indonesian
FOR_STAFF = {"users.md": "en", "pengguna.md": "id", "pelatihan.md": "id"}  # in bold is what stands on the screen
DJANGO = {*dir(global_settings), "ATOMIC_REQUESTS", "DISABLE_SERVER_SIDE_CURSORS"}
SQL = {"COMMIT", "COPY", "DELETE", "INSERT", "SELECT", "TRUNCATE", "UPDATE"}

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
each_written = pytest.mark.parametrize("page", [page for page in PAGES if name_of(page) not in MADE], ids=name_of)


@cache
def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in CODE)


# --- links and pictures ---
@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [link for link in links_of(page) if not leads_somewhere(page, link)]
    assert dead == [], f"{name_of(page)} links to what is not there: a file beside it, or a heading in it"


def leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"(https?|mailto):", link):
        return True  # not asked: the suite needs no network
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors_of(target))


def test_every_page_that_the_code_names_is_there() -> None:
    """In messages, checks, docstrings: `docs/alerts.md`, `docs/status.md#limits`."""
    named = {
        (path, link)
        for path in CODE
        for link in re.findall(r"docs/[\w.-]+\.(?:md|sql|py)(?:#[\w-]+)?", path.read_text())
    }
    assert [f"{name_of(path)}: {link}" for path, link in sorted(named) if not leads_somewhere(README, link)] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, new = set[Path](), {README}
    while new:
        reached |= new
        found = {(page.parent / link.partition("#")[0]).resolve() for page in new for link in links_of(page)}
        new = {page for page in found if page.suffix == ".md" and page.exists()} - reached
    assert sorted(map(name_of, {*PAGES} - reached)) == [], "link to it from the README, or from a page that is"


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links_of(page) if link.endswith(".png")}
    assert sorted(map(name_of, set((DOCS / "images").iterdir()) - shown)) == [], "show it, or take it away"


@pytest.mark.parametrize(("english", "indonesian"), TRANSLATED.items())
def test_what_staff_reads_is_in_both_languages(english: str, indonesian: str) -> None:
    there = [(DOCS / name).exists() for name in (english, indonesian)]
    assert len(set(there)) == 1, f"{english} and {indonesian}: one of them is missing"
    if all(there):
        headings = [re.findall(r"^#+ ", prose_of(DOCS / name), re.MULTILINE) for name in (english, indonesian)]
        assert headings[0] == headings[1], f"{english} and {indonesian} have other sections"


@pytest.mark.parametrize(("english", "indonesian"), TRANSLATED.items())
def test_what_staff_reads_shows_the_same_pictures_in_both_languages(english: str, indonesian: str) -> None:
    shown = [[link for link in links_of(DOCS / name) if link.endswith(".png")] for name in (english, indonesian)]
    assert shown[1] == [link.replace(".png", "-id.png") for link in shown[0]]


@pytest.mark.parametrize(("name", "language"), FOR_STAFF.items())
def test_what_staff_reads_in_bold_stands_on_the_screen(name: str, language: str) -> None:
    """Word for word, but for the first letter, which templates make a capital where a label begins."""
    labels = labels_in(language)
    unknown = [words for words in bold_of(DOCS / name) if capfirst(words) not in labels]
    assert unknown == [], f"{name}: no text of the catalogues is so in {language}; for other emphasis take *italics*"


@cache
def labels_in(language: str) -> frozenset[str]:
    """All texts of the Indonesian catalogues, Django's among them; in English what they are translations of."""
    texts = (
        (key[0] if isinstance(key, tuple) else key, text)  # (text, number) of those with a plural
        for key, text in gettext_catalogue("id")._catalog.items()
    )
    return frozenset(capfirst(key.rpartition("\x04")[2] if language == "en" else text) for key, text in texts)


# --- names ---
def test_every_setting_has_one_row_in_the_readme_and_no_other_has_one() -> None:
    known = {*SETTINGS, *environment_names()}
    rows = [name for line in rows_of_settings() for name in names_in(line)]
    assert sorted(rows) == sorted(known), "one row each, in the README's tables of settings"


def rows_of_settings() -> list[str]:
    """The first cells of the two tables."""
    section = text_of(README).partition("\n## Settings\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (`[A-Z].*?) \|", section, re.MULTILINE)


def names_in(cell: str) -> list[str]:
    """Of `THROTTLE_LOGIN`, `_LOGIN_NAME`: the second is THROTTLE_LOGIN_NAME."""
    names = re.findall(r"`(\w+)`", cell)
    return [f"{names[0].partition('_')[0]}{name}" if name.startswith("_") else name for name in names]


def environment_names() -> set[str]:
    """What the project itself reads from the environment."""
    return set(re.findall(r"env\.\w+\(\s*\"(\w+)\"", (ROOT / "edupro" / "settings.py").read_text()))


@each_written
def test_no_name_is_written_about_that_is_not_in_the_code(page: Path) -> None:
    """Settings, types of events, error codes, variables: all that is in capitals."""
    names = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{4,})`", prose_of(page)))
    assert sorted(name for name in names if not is_known(name)) == [], "nothing in the code is called so"


def is_known(name: str) -> bool:
    plain = name.removeprefix("EVENTLOG_")
    return plain in SETTINGS or catalog.lookup(name) is not None or name in SQL | DJANGO | spoken_of()


@cache
def spoken_of() -> frozenset[str]:
    """All that is in capitals in the code."""
    return frozenset(re.findall(r"\b[A-Z][A-Z0-9_]+\b", code()))


@each_page
def test_every_permission_that_is_written_about_is_there(page: Path) -> None:
    named = set(re.findall(r"`eventlog\.((?:add|change|delete|view)_\w+)`", prose_of(page)))
    assert sorted(named - set(all_permissions())) == []


@each_page
def test_every_task_and_module_that_is_written_about_is_there(page: Path) -> None:
    dotted = set(re.findall(r"`((?:eventlog|edupro|benchmarks)(?:\.\w+)+)`", prose_of(page)))
    dotted = {name for name in dotted if not name.startswith("eventlog.") or name.split(".")[1] not in codenames()}
    assert sorted(name for name in dotted if not is_there(name)) == []


@cache
def codenames() -> frozenset[str]:
    return frozenset({*all_permissions(), *re.findall(r"eventlog\.([EW]\d+)", code())})


def is_there(dotted: str) -> bool:
    """A module, or a name that one defines."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.exists():
            name = "".join(parts[length : length + 1])
            made = rf"^ *(?:async )?(?:def|class) {name}\b|^{name}\b[^\n]*= "
            return not name or re.search(made, file.read_text(), re.MULTILINE) is not None
    return False


@each_page
def test_every_file_of_the_project_that_is_written_about_is_there(page: Path) -> None:
    tops = "eventlog|edupro|benchmarks|docs|templates|static"
    named = set(re.findall(rf"`((?:{tops})/[\w./-]+\.\w+)`", prose_of(page)))
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_scheduled_task_is_written_about() -> None:
    tasks = {entry["task"].rpartition(".")[2] for entry in celery.conf.beat_schedule.values()}
    assert [name for name in sorted(tasks) if f".{name}`" not in text_of(DOCS / "reference.md")] == []


# --- commands ---
def test_every_command_has_its_row_in_the_readme() -> None:
    rows = set(re.findall(r"^\| `manage\.py (\w+)", text_of(README), re.MULTILINE))
    without = {"demo_screenshots"}  # for whoever works on the documentation: docs/console.md
    assert rows == set(all_commands()) - without, "one row each in the README's table of commands"


@each_written
def test_every_command_and_option_that_is_written_about_is_there(page: Path) -> None:
    text = re.sub(r"\\\n\s*", " ", text_of(page))
    lines = re.findall(r"manage\.py ((?:eventlog|edupro|demo)\w*[^`\n]*)", text)
    wrong = [line for line in lines if not is_right(line)]
    assert wrong == [], "no such command, or no such option of it (docs/reference.md has all)"


def is_right(line: str) -> bool:
    name, *rest = line.split()
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.split(r"[|#;](?!\w)", " ".join(rest))[0]))
    return name in all_commands() and options <= options_of(name)


@cache
def options_of(name: str) -> frozenset[str]:
    """Those of Django's commands, too."""
    parser = all_commands()[name].create_parser("manage.py", name)
    parts = [part for _words, part, _about in parts_of(name, parser)]
    actions = [action for each in (parser, *parts) for action in each._actions]
    return frozenset(spelled for action in actions for spelled in action.option_strings)


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{words} {action.dest}"
        for name, command in all_commands().items()
        for words, part, _about in parts_of(name, command.create_parser("manage.py", name))
        for action in own_options(part)
        if not action.help
    ]
    assert silent == [], "give it a `help`"


def test_every_benchmark_has_its_place_in_the_page_about_performance() -> None:
    """Those that can be run."""
    runnable = [path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text()]
    said = text_of(DOCS / "performance.md")
    assert [name for name in sorted(runnable) if f"benchmarks.{name}" not in said] == [], "a row with its budget"


@each_page
def test_every_option_of_a_benchmark_that_is_written_about_is_there(page: Path) -> None:
    for name, words in re.findall(r"benchmarks\.(\w+)((?: --?\w+(?: [\w-]+)?)+)", text_of(page)):
        source = (ROOT / "benchmarks" / f"{name}.py").read_text()
        assert [each for each in re.findall(r"--\w+", words) if f'"{each}"' not in source] == [], name
