"""Secrets that give themselves away by their shape, whatever they are called.

Linear in the input: quantifiers are possessive or bounded, and a match begins only where a word does.
"""

import re
from base64 import b64decode
from collections.abc import Callable
from itertools import accumulate
from typing import Final

from eventlog.privacy.names import is_identifier

MASK: Final = "[redacted]"
# What comes with OAuth's `code`; without it a code is a product's or a region's
GRANT: Final = frozenset({"state", "redirect_uri", "grant_type", "code_verifier", "client_id", "session_state"})

_Replacement = str | Callable[[re.Match[str]], str]


def is_card(digits: str) -> bool:
    """13 to 19 digits that begin like a payment card's and pass Luhn's check."""
    if not SHORTEST_CARD <= len(digits) <= 19 or digits[0] not in "23456":
        return False
    doubled = "".join([str(2 * int(digit)) for digit in digits[-2::-2]])
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def _basic(match: re.Match[str]) -> str:
    """`Basic dXNlcjpwYXNz` hides user:pass; "Basic Mathematics" does not."""
    code = match[2].rstrip("=")
    try:
        plain = b64decode(code + "=" * (-len(code) % 4))
    except ValueError:
        plain = b""
    looks_coded = b":" in plain or code != match[2] or any(map(str.isdigit, code))
    return match[1] + MASK if looks_coded else match[0]


_IN = r"""[^\s"'<>;&\\]"""  # what a token in free text is made of
_PEM = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----(?:.*?-----END [A-Z0-9 ]{0,40}-----|.*)"
_HASH = (
    rf"\b(?:pbkdf2_\w+|argon2\w*|bcrypt\w*|scrypt|unsalted_\w+|md5|sha\d+|crypt)\${_IN}++"  # as Django writes them
    rf"|\$(?<!\w.)(?:[1567y]|gy|2[abxy]?|argon2(?:id|i|d)?|sha1|md5|scrypt)\${_IN}{{8,}}+"  # as crypt(3) does
)
# Up to the last @ before a slash; failing that, a password that holds slashes itself. Not the port of http://host:80/a@b
_USER_INFO = r"""://(?:[^\s/?#"'<>]{1,512}|(?!\[)[^\s/?#:@"'<>]{0,256}:(?!\d{1,5}[/?#])[^\s"'<>]{1,512})@"""
_EMAIL = r"[\w.%+-](?<![\w.%+-][\w.%+-])[\w.%+-]*+@(?!\dx\.)(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"

_COMPANION = rf"\b(?:{'|'.join(sorted(GRANT))})="
_CODE_FIRST = rf"(?<![\w.-])(code=)[^\s&\"'<>]{{1,2048}}+(?=&[^\s\"'<>]{{0,500}}?{_COMPANION})"
_CODE_LAST = rf"({_COMPANION}[^\s\"'<>]{{0,500}}?&code=)[^\s&\"'<>]++"

# A text that holds the hint, in lower case, is searched for the pattern. A key of many lines goes first and whole:
# nothing may mask its first line and leave the rest.
_SHAPES: Final[tuple[tuple[str, re.Pattern[str], _Replacement], ...]] = tuple(
    (hint, re.compile(pattern, re.DOTALL), replacement)
    for hint, pattern, replacement in (
        ("private key", _PEM, MASK),
        ("eyj", r"eyJ(?<![A-Za-z0-9]...)[\w-]{8,}+(?:\.[\w-]*+){0,4}", MASK),  # a JWT, or any JSON in base64
        ("bearer", r"(?i)\b(bearer,?[ \t]{1,8})[^\s\"'<>,;)}&\\]++", rf"\1{MASK}"),
        ("basic", r"(?i)\b(basic[ \t]{1,8})([\w+/-]{4,}+={0,2})", _basic),
        ("token ", r"(?i)\b(token[ \t]{1,8})[0-9a-f]{32,}+", rf"\1{MASK}"),  # DRF's own
        ("word '", r"(?i)\b(password[ \t]{1,4}e?)'(?:[^']++|'')*'?", rf"\1'{MASK}'"),  # ALTER USER ada PASSWORD 'x'
        ('word "', r'(?i)\b(password[ \t]{1,4})"[^"]*+"?', rf'\1"{MASK}"'),
        ("code=", _CODE_FIRST, rf"\1{MASK}"),
        ("&code=", _CODE_LAST, rf"\1{MASK}"),
        ("; args=", r"(; args=).*?(?=; alias=|\Z)", rf"\1{MASK}"),  # of a statement, as Django logs it
        ("akia", r"AKIA(?<![0-9A-Za-z]....)[0-9A-Z]{16}", MASK),
        ("aiza", r"AIza[\w-]{35}", MASK),
        ("$", _HASH, MASK),
        ("@", _USER_INFO, f"://{MASK}@"),
        ("@", _EMAIL, MASK),
        ("hook", rf"(hooks\.slack\.com/services/|/api/webhooks/){_IN}++", rf"\1{MASK}"),
        ("reset/", r"(/)[0-9a-z]{6,7}-[0-9a-f]{32}(?![0-9A-Za-z])", rf"\1{MASK}"),  # Django's password reset link
        ("_", r"[grsw](?<![0-9A-Za-z].)(?:h[pousr]|ithub_pat|k_live|hsec)_[\w+/-]{16,}+={0,2}", MASK),
        ("-", r"[gsx](?<![\w-].)(?:k-(?=[A-Za-z_-]{0,200}\d)|lpat-|ox[a-z]-)[\w-]{10,}+", MASK),
    )
)
MARKS: Final = re.compile(r"[=:@$%&_({\[<\"-]")  # a text without any of them holds no pair, no JSON, no marked shape
SHORTEST: Final = 11  # letters and figures shorter than this have no secret shape
_DATE_OR_UUID: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
SHORTEST_CARD: Final = 13
_DIGIT_GROUPS: Final = re.compile(r"[2-6](?=[0-9]{2}[0-9 -]{10})(?<![0-9A-Za-z].)[0-9]{2,}+(?:[ -][0-9]{3,}+)*")


def mask_shapes(text: str) -> str:
    """Tokens, keys, hashes, credentials in URLs and e-mail addresses, wherever they stand."""
    low = text.lower()
    for hint, pattern, replacement in _SHAPES:
        if hint in low:
            text = pattern.sub(replacement, text)
    return text


def mask_grant(query: str) -> str:
    """OAuth's code in a query or form."""
    if "code=" not in query:
        return query
    return re.sub(_CODE_LAST, rf"\1{MASK}", re.sub(_CODE_FIRST, rf"\1{MASK}", query))


def mask_unmarked(text: str, *, cards: bool) -> str:
    """All there is to do for a text without `MARKS`, which is most of them."""
    low = text.lower()
    spaced = "bearer" in low or "basic" in low or "token " in low or "word '" in low
    if spaced or "eyJ" in text or "AKIA" in text or "AIza" in text:
        text = mask_shapes(text)
    return mask_cards(text) if cards and len(text) >= SHORTEST_CARD and _DIGIT_GROUPS.search(text) else text


def is_harmless(text: str) -> bool:
    """What most strings of an event are, told apart cheaply: short words (7A, 2025/2026), dates, UUIDs."""
    if len(text) < SHORTEST and (text.isalnum() or not text or text.replace("/", "0").isalnum()):
        return True
    return "-" in text[4:9] and _DATE_OR_UUID.fullmatch(text) is not None


def mask_cards(text: str) -> str:
    """Card numbers in one piece or in groups of three and more; `nik=3201…` in the text is left alone."""
    return _DIGIT_GROUPS.sub(_cards, text) if len(text) >= SHORTEST_CARD else text


def _cards(match: re.Match[str]) -> str:
    groups = re.split("([ -])", match[0])
    runs_on = match.string[match.end() : match.end() + 1].isalnum()
    whole = groups[:-2] if runs_on else groups  # a group that runs on into letters is no number
    out: list[str] = []
    at = 0
    while at < len(groups):
        length = _card_length(whole[at : at + 13 : 2]) if at < len(whole) else 0
        if length and is_identifier(_name_before(match.string, match.start())):
            return match[0]
        out += [MASK] if length else groups[at : at + 1]
        at += 2 * length - 1 if length else 1
        out += groups[at : at + 1]
        at += 1
    return "".join(out)


def _card_length(groups: list[str]) -> int:
    """How many of these groups, from the first on, make a card number together."""
    totals = list(accumulate(map(len, groups)))
    fitting = (count for count, total in enumerate(totals, 1) if SHORTEST_CARD <= total <= 19)
    return next((count for count in fitting if is_card("".join(groups[:count]))), 0)


def _name_before(text: str, at: int) -> str:
    head = text[max(0, at - 80) : at].rstrip(" \t\"'([{\\")
    if not head.endswith((":", "=")):
        return ""
    found = re.findall(r"[\w.-]+", head)
    return found[-1] if found else ""
