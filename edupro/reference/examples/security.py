"""Examples of SECURITY: attacks in requests, what rules have found, and what was done past the application."""

from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from edupro.reference.examples.auth import BLOCKS, block
from edupro.reference.examples.cast import BY_ITSELF, OFFICE, ROOM, STRANGER, TEACHER, Example, asked
from eventlog import catalog
from eventlog.capture.threats import judged

THREATS: Final = "eventlog/capture/threats.py"
RULES: Final = "eventlog/detection/rules"
FIRST_SEEN: Final = "2026-11-24T01:01:12+00:00"
TARGETS: Final = {"user": "username", "ip": "ip_address", "session": "session_id"}


def attack(kind: str, rule: str, place: str, score: int, excerpt: str) -> dict[str, Any]:
    threat = {"kind": kind, "rule": rule, "place": place, "score": score, "excerpt": excerpt}
    where = {**STRANGER, **asked("GET", "/api/siswa", 200)}
    return {**where, **judged(score, 200), "threats": [threat], "risk_score": score}


def found(rule: str, target: str, number: int, **data: Any) -> dict[str, Any]:
    """As `alerts/telling.py` tells of a finding: `data` is what the rule has seen."""
    keys = [str(uuid5(NAMESPACE_URL, f"{rule} {name}")) for name in ("finding", "alert")]
    listed = {name: len(values) for name, values in data.items() if isinstance(values, list)}
    said = {
        "rule": rule,
        "target": target,
        "finding": keys[0],
        "alert": keys[1],
        "event_count": number,
        "first_seen": FIRST_SEEN,
        "found": {**data, **({"counts": listed} if listed else {})},
    }
    kind, _, name = target.partition(":")
    return {**BY_ITSELF, **({TARGETS[kind]: name} if kind in TARGETS else {}), "event_data": said}


FROM: Final = ["203.0.113.7"]
MANY: Final = ["203.0.113.7", "198.51.100.9", "192.0.2.200"]
THREE: Final = ["guru001", "guru002", "guru.ani"]
PHONE, LAPTOP = "Chrome Mobile on Android", "Firefox on Linux"
EXAMPLES: Final = (
    Example(
        catalog.SQL_INJECTION,
        THREATS,
        "SQL where a value should be",
        attack("sqli", "tautology", "query q", 92, "' OR 1=1 --"),
    ),
    Example(
        catalog.XSS, THREATS, "a script where a value should be", attack("xss", "script-tag", "query q", 100, "<script")
    ),
    Example(
        catalog.PATH_TRAVERSAL,
        THREATS,
        "a way out of the folder",
        attack("traversal", "up-to-file", "query q", 100, "../../etc/"),
    ),
    Example(
        catalog.COMMAND_INJECTION, THREATS, "a command of a shell", attack("cmdi", "command", "query q", 62, "; wget")
    ),
    Example(
        catalog.TEMPLATE_INJECTION,
        THREATS,
        "an expression of a template language",
        attack("template", "calculation", "query q", 72, "{{7*7"),
    ),
    Example(
        catalog.SCANNER,
        THREATS,
        "a program that looks for holes, by its name or by what only such programs ask for",
        attack("scanner", "scanner-agent", "header User-Agent", 80, "sqlmap"),
    ),
    Example(
        catalog.BRUTE_FORCE,
        f"{RULES}/guessing.py",
        "the passwords of one account are tried",
        found("brute_force", "user:guru001", 24, accounts=["guru001"], addresses=FROM),
    ),
    Example(
        catalog.DISTRIBUTED_BRUTE_FORCE,
        f"{RULES}/guessing.py",
        "those of one account, from many addresses",
        found("distributed_brute_force", "user:guru001", 24, accounts=["guru001"], addresses=MANY),
    ),
    Example(
        catalog.PASSWORD_SPRAYING,
        f"{RULES}/crowds.py",
        "a few passwords are tried on many accounts",
        found("password_spray", "ip:203.0.113.7", 16, accounts=THREE, addresses=FROM),
    ),
    Example(
        catalog.CREDENTIAL_STUFFING,
        f"{RULES}/crowds.py",
        "stolen names and passwords are tried",
        found("credential_stuffing", "ip:203.0.113.7", 31, accounts=THREE, addresses=FROM),
    ),
    Example(
        catalog.USER_ENUMERATION,
        f"{RULES}/crowds.py",
        "names of accounts are looked for",
        found("user_enumeration", "ip:203.0.113.7", 44, names=["admin1", "kepala", "root"], addresses=FROM),
    ),
    Example(
        catalog.SUCCESS_AFTER_FAILURES,
        f"{RULES}/guessing.py",
        "somebody got in after that",
        found("success_after_failures", "user:guru001", 8, accounts=["guru001"], addresses=FROM, failures=7),
    ),
    Example(
        catalog.IMPOSSIBLE_TRAVEL,
        f"{RULES}/persons.py",
        "one account at two places that are too far apart",
        {**found("impossible_travel", "user:guru001", 2, addresses=MANY[:2], km=9020, minutes=41)},
    ),
    Example(
        catalog.NEW_DEVICE,
        f"{RULES}/persons.py",
        "a kind of client and a network that are both new for the account",
        found("new_device", "user:guru001", 1, clients=[PHONE], addresses=FROM),
    ),
    Example(
        catalog.SESSION_HIJACK,
        f"{RULES}/sessions.py",
        "one session has two holders",
        found(
            "session_hijack",
            f"session:{ROOM['session_id']}",
            2,
            clients=[LAPTOP, PHONE],
            addresses=MANY[:2],
            accounts=["guru001"],
        ),
    ),
    Example(
        catalog.TOKEN_REUSE,
        f"{RULES}/sessions.py",
        "a token is in other hands",
        found("token_reuse", "user:guru001", 3, accounts=["guru001"], addresses=FROM, clients=[PHONE]),
    ),
    Example(
        catalog.OFF_HOURS,
        f"{RULES}/persons.py",
        "a sign-in at an hour that is never the account's",
        found("off_hours", "user:guru001", 1, hour="02:40", addresses=FROM),
    ),
    Example(
        catalog.SCAN_BURST,
        f"{RULES}/probing.py",
        "many pages that are not there",
        found("scan_burst", "ip:203.0.113.7", 40, paths=["/backup.zip", "/old/", "/test.php"], addresses=FROM),
    ),
    Example(
        catalog.FORBIDDEN_BURST,
        f"{RULES}/probing.py",
        "many pages that are closed to who asks",
        found("forbidden_burst", "user:guru001", 12, paths=["/api/penghasilan", "/api/events/status"], addresses=FROM),
    ),
    Example(
        catalog.ENUMERATION,
        f"{RULES}/probing.py",
        "records of others, one by one",
        found("enumeration", "user:guru001", 18, paths=["/api/siswa/1", "/api/siswa/2"], addresses=FROM),
    ),
    Example(
        catalog.MASS_EXPORT,
        f"{RULES}/records.py",
        "far more records than usual were taken away",
        found("mass_export", "user:guru001", 4, records=1430, accounts=["guru001"], kinds=["nilai", "siswa"]),
    ),
    Example(
        catalog.PRIVILEGE_ESCALATION,
        f"{RULES}/records.py",
        "somebody has got rights that allow much",
        found("privilege_escalation", "user:guru.ani", 1, rights=["superuser"], receivers=["guru.ani"], oneself=False),
    ),
    Example(
        catalog.UNUSUAL_ACCESS,
        f"{RULES}/persons.py",
        "one account from many addresses",
        found("unusual_access", "user:guru001", 6, addresses=[*MANY, "192.0.2.77", "198.51.100.80"]),
    ),
    Example(
        catalog.OUT_OF_BAND_CHANGE,
        "eventlog/pipeline/rows.py",
        "a record of a model in `TRIGGER_MODELS` was changed past the application: one a transaction and kind",
        {
            "username": "postgres",
            "auth_method": "database",
            "ip_address": "192.0.2.9",
            "entity_type": "nilai",
            "entity_id": "7",
            "changed_fields": ["matematika"],
            "event_data": {"application": "psql", "changes": 1, "transaction": "48213"},
            "tags": ["out_of_band"],
        },
    ),
    Example(
        catalog.TAMPERING,
        f"{RULES}/recorded.py",
        "the verification has found that the log itself was altered",
        {
            **BY_ITSELF,
            "event_data": found(
                "tampering",
                "site",
                1,
                verdict="modified",
                what="event 0198f2c4-a1b2-7c3e-9d00-5f0b6ad47c2e",
                why="the subject's part is not what was sealed",
            )["event_data"],
        },
    ),
    Example(
        catalog.UNAUTHORIZED_ACCESS,
        "eventlog/capture/middleware.py",
        "a page was closed to who asked: the answer was 401 or 403",
        {**TEACHER, **ROOM, **asked("GET", "/api/penghasilan", 403), "event_data": {"status": 403}},
    ),
    Example(
        catalog.IP_BLOCKED,
        BLOCKS,
        "an address may not sign in to an account for a while (`BLOCK_AFTER_BRUTE_FORCE`)",
        {**BY_ITSELF, **block("203.0.113.7"), "reason": "brute_force"},
    ),
    Example(
        catalog.IP_UNBLOCKED,
        BLOCKS,
        "it may again",
        {**OFFICE, **ROOM, **block("203.0.113.7"), "reason": "brute_force"},
    ),
)
