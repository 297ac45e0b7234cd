"""Path traversal: ways up the tree, and files that no page of a school has a name of."""

import re
from typing import Final

from eventlog.detection.payloads.decoding import Decoded
from eventlog.detection.payloads.signs import MARKS, Rules, Sign, rule

SIGNS: Final = ("0x2", "2f", "..", ".ini", ".ht", ".env", "httpd.conf")
_SLASH: Final = re.compile(r"0x2f|0x5c|\\")
_BARE_SLASH: Final = re.compile(r"2f|5c")
_DOT: Final = re.compile(r"0x2e|(?:\?[?.]|\.\?)(?=[\\/]|0x)|%(?=\.)")
_SAME: Final = re.compile(r"(?<=/)(?:\./)+|(?<=/)/++")
_NUL: Final = re.compile(r"^[^\s<>\"'(){};,]{1,200}[.\\/][\w.-]{0,40}(?:\x00|%00)")
_HIDDEN_STEP: Final = re.compile(r"(?:^|[/=])\.\./")

# Where systems keep what is worth stealing; a path that is nothing else is asked for by no page.
_FOLDERS: Final = (
    r"etc|proc|windows|winnt|system32|var/(?:log|www|lib|spool|mail|run|adm|backups?|cache)|usr/(?:local|lib|etc"
    r"|share|pkg|home|ports)"
    r"|web-inf|meta-inf|root|home/[\w$*.-]{1,30}/\.[\w-]{1,30}|\.ssh|\.git|\.svn|inetpub|x?ampp|wamp|apache\d?|nginx"
    r"|mysql|php\d?|appserv"
    r"|opt/[\w-]{1,20}|program ?files|documents and settings|system volume information|library/webserver|volumes"
    r"|private/etc"
)
_FILES: Final = (
    r"boot\.ini|win\.ini|php\.ini|desktop\.ini|my\.(?:cnf|ini)|passwd|shadow|\.ht(?:access|passwd)|id_rsa"
    r"|\.bash_\w{3,9}|global\.asa"
    r"|httpd\.conf|(?:error|access)[._]_? ?log|wp-config|config\.inc|settings\.py|db\.sqlite3|\.env\b|ntuser"
    r"|pagefile|autoexec|unattend"
    r"|sysprep|web\.config|web\.xml"
)
RULES: Final = Rules(
    rule(
        "up-several",
        80,
        r"(?<!\.)\.{2,90}+[;\s\"'`^?%*\x00]{0,4}[/|]{1,9}[^/\s.]{0,12}\.{2,90}+[;\s\"'`^?%*\x00]{0,4}[/|]",
        "..",
    ),
    rule("up-to-file", 85, rf"\.\.[;\x00\s]{{0,2}}/{{1,4}}(?:[\w.-]{{1,30}}/)?(?:(?:{_FOLDERS})/|{_FILES})", ".."),
    rule("up-at-start", 54, r"""\A[=/"'\s]{0,9}(?:[\w.=-]{0,20}[/=])?\.{2,90}+;?/{1,9}(?![\s)])""", ".."),
    rule("up-inside", 56, r"""^[^\s\"'<>|]{1,200}/\.\.(?:;?/[^\s]|$)|/\.\.[;\s\"'”.“]{1,9}[/|]""", "/.."),
    rule(
        "known-file",
        64,
        rf"""\A["'=\s>|.]{{0,9}}(?:file:/{{1,5}})?(?:[a-z]:/{{1,9}}|[./]{{1,9}}|[a-z]{{1,12}}=/?)?(?:[\w.-]{{0,16}}/)?(?:(?:{_FOLDERS})/{{1,3}}|[\w.-]{{0,16}}(?:{_FILES}))[^\s]{{0,120}}\s{{0,5}}$""",
        "/",
        ".",
    ),
    rule("system-folder", 60, r"\A[\"'\s]{0,3}/(?:etc|proc|sys|boot|root|usr|var)/[^\s]{1,200}$", "/"),
    rule(
        "file-address",
        66,
        r"(?:^|[=\s\"'])(?:file|php|zip|phar|expect|glob|gopher|dict|jar|ogg|rar|ssh2|netdoc):/[/\w]",
        ":/",
    ),
    rule("password-file", 56, r"etc/{1,3}(?:passwd|shadow|group|hosts|issue)[\W_]{0,3}(?:\.\w{2,4})?$", "etc/"),
    rule(
        "system-file",
        51,
        r"(?:^|[\s=\"'(`<;|&,:/])(?:/etc/(?:passwd|shadow|group|hosts|issue)|[a-z]:/(?:boot|windows|winnt)"
        r"|/proc/self|boot\.ini|/windows/win\.ini|system32/)",
        "/etc/",
        ":/",
        "/proc/self",
        "boot.ini",
        "/windows/win.ini",
        "system32/",
    ),
)
NAMES: Final = frozenset({"known-file", "system-folder"})  # in a path these are what scanners ask for


def signs(decoded: Decoded, marks: frozenset[str], raw: str, where: str) -> list[Sign]:
    text = decoded.text
    if "/" not in marks and "\\" not in marks and not any(sign in text for sign in SIGNS):
        return []
    plain = plain_path(text, marks)
    climbs = ".." in plain
    found = RULES.signs(plain, marks if plain is text else MARKS.intersection(plain))
    if where == "path" and not climbs:
        found = [sign for sign in found if sign.rule not in NAMES]
    if ("\x00" in raw or "%00" in raw) and _NUL.match(raw):
        found.append(Sign("name-with-nul", 52, 0, len(text)))
    if climbs and "percent" in decoded.layers and _HIDDEN_STEP.search(plain):
        found.append(Sign("hidden-steps", 55, 0, len(text)))
    return found


def plain_path(text: str, marks: frozenset[str]) -> str:
    """Slashes and dots as such; the positions are not those of the text any more."""
    if "..2f" in text or "..5c" in text:
        text = _BARE_SLASH.sub("/", text)
    if "?" in marks or "%" in marks or "0x2e" in text:
        text = _DOT.sub(".", text)
    if "\\" in marks or "0x" in text:
        text = _SLASH.sub("/", text)
    return _SAME.sub("", text) if "//" in text or "/./" in text else text
