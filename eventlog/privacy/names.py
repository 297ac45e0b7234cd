"""Which field names promise a secret, and which hold an identifier that only looks like a card number."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

MAX_NAME: Final = 200  # characters; what lies beyond is not looked at
LONGEST_WINDOW: Final = 5  # words that may be read as one: `p-a-s-s` is still caught, a sentence is not
SUFFIX_LETTERS: Final = 6  # a run-together word may end in a spelling this long: `xpassword`, but not `microphone`
PREFIX_LETTERS: Final = 8  # or begin with one this long: `passwordx`, but not `secretary` and `tokenizer`

DEFAULT_IDENTIFYING_FIELDS: Final = (
    *("name", "nama", "full_name", "nama_lengkap", "display_name", "username", "email", "mail", "surel"),
    *("nis", "nisn", "nik", "nip", "nuptk", "phone", "telephone", "mobile"),
    *("telp", "telepon", "no_telp", "no_hp", "hp"),
    *("address", "alamat"),
)
DEFAULT_SENSITIVE_FIELDS: Final[tuple[str, ...]] = (
    # Spellings of one field need not be listed: `api_key` is also `apikey`, `API-Key`, `apiKeys`, `user[apiKey]`.
    *("password", "passwd", "pwd", "pass", "passphrase", "passcode", "passkey", "kata_sandi", "sandi", "rahasia"),
    *("token", "access_token", "refresh_token", "auth_token", "id_token", "csrf_token", "csrfmiddlewaretoken"),
    *("access", "refresh", "jwt", "bearer", "csrf", "xsrf", "xsrf_token"),
    *("auth", "x_auth", "x_access", "x_key", "x_session", "sec_websocket_protocol"),
    *("authorization", "basic_auth", "credential", "cookie", "session_id", "session_key", "phpsessid"),
    *("secret", "client_secret", "secret_key", "api_key", "x_api_key", "access_key", "private_key", "signing_key"),
    *("encryption_key", "master_key", "ssh_key", "signature", "sig"),
    *("otp", "totp", "pin", "mfa_code", "verification_code", "security_code", "recovery_code", "backup_code"),
    *("reset_code", "access_code", "auth_code", "authorization_code", "confirmation_code", "activation_code"),
    *("sms_code", "login_code", "one_time_code", "device_code", "code_verifier", "kode_verifikasi", "kode_akses"),
    *("kode_aktivasi", "kode_konfirmasi", "kode_keamanan"),
    *("ssn", "social_security", "credit_card", "debit_card", "card_number", "card_no", "cc_number"),
    *("kartu", "nomor_kartu", "no_kartu", "kartu_kredit", "kartu_debit"),
    *("cvv", "cvc", "ccv"),
    *("email", "surel"),
    *("phone", "telephone", "handphone", "cellphone", "mobile", "mobile_number", "mobile_no", "msisdn", "whatsapp"),
    *("no_mobile", "nomor_mobile", "no_wa", "nomor_wa", "telepon", "telp", "tlp", "tel", "hp", "no_hp", "ponsel"),
)

# simplejwt's two tokens and the like; `access_count`, `mobile_friendly` and `kartu_pelajar` are no secrets
_ALONE: Final = frozenset({"access", "refresh", "auth", "mobile", "kartu"})
_LAST: Final = frozenset({"pass"})  # `db_pass` and `pass_baru`, but not `pass_rate`
# What a spelling of any length may be run together with: `sandilama`, `dbpass`, `nomorhp`, `otpcode`
_WHICH: Final = (
    *("again", "baru", "confirm", "confirmation", "current", "konfirmasi", "lama", "new", "old", "repeat"),
    *("ulang", "ulangi", "verify"),
)
_WHOSE: Final = (
    *("account", "admin", "akun", "ayah", "db", "database", "guru", "ibu", "login", "my", "ortu", "root"),
    *("siswa", "user", "wali"),
)
_WHAT: Final = ("code", "kode", "no", "nomor", "number", "value")
_IDENTIFIER_WORDS: Final = frozenset({"nik", "nis", "nisn", "nip", "npwp", "nuptk", "npsn", "kk", "nokk", "ktp"})
_IDENTIFIER_ENDINGS: Final = frozenset({"id", "ids", "uuid", "pk"})
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]++|[0-9]++|[^\W\d_A-Za-z]++|[A-Z]")


def words(name: str) -> list[str]:
    """`X-Api-Key`, `xApiKEY` and `x%5Fapi[key]` alike: x, api, key. Figures are words of their own."""
    return [word.lower() for word in _WORD.findall(_readable(name))]


def _readable(name: str) -> str:
    name = name[:MAX_NAME]
    for _ in range(2 if "%" in name else 0):  # also what was encoded twice
        name = unquote(name)
    return name if name.isascii() else unicodedata.normalize("NFKC", name)[:MAX_NAME]


def is_identifier(name: str) -> bool:
    """Whether long numbers are expected under this name: a tenth of all 16-digit NIK would pass for a card."""
    found = [word for word in words(name) if not word.isdigit()]
    return bool(found) and (found[-1] in _IDENTIFIER_ENDINGS or not _IDENTIFIER_WORDS.isdisjoint(found))


def matcher(fields: Iterable[str]) -> Callable[[str], bool]:
    """A cached test of names against these fields. No fields, no sensitive names (never all of them)."""
    stems = {"".join(words(field)) for field in fields} - {""}
    spellings = frozenset(stems | {stem + "s" for stem in stems})
    stem, word = _any_of(stems), _run_together(stems - _ALONE)

    def holds(found: list[str]) -> bool:
        if any(map(word.match, found)):
            return True
        while found and found[-1].isdigit():  # password1
            found.pop()
        return any(_counts(window, start, end, found) for window, start, end in _windows(found) if window in spellings)

    @lru_cache(maxsize=4096)
    def matches(name: str) -> bool:
        found = words(name)
        if not stem.search("".join(found)):
            return False
        return holds(found) or holds(words(_readable(name).lower()))  # PaSsWoRd has no words to split

    return matches


def _any_of(spellings: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(spellings))) or r"(?!)")


def _run_together(stems: set[str]) -> re.Pattern[str]:
    """A word without seams that holds one of them: anything before or after a long one, known words around others."""
    last = _any_of(stem for stem in stems - _LAST if len(stem) >= SUFFIX_LETTERS).pattern
    first = _any_of(stem for stem in stems if len(stem) >= PREFIX_LETTERS).pattern
    middle, ends = _any_of(stems - _LAST).pattern, _any_of(stems & _LAST).pattern
    which = "(?:" + "|".join(_WHICH) + ")"
    any_word = "(?:" + "|".join([*_WHICH, *_WHOSE, *_WHAT]) + ")"
    return re.compile(
        rf".*(?:{last})s?\Z|(?:{first})|{any_word}{{0,2}}(?:{middle})s?{any_word}{{0,2}}s?\Z"
        rf"|{any_word}{{1,2}}(?:{ends}){which}{{0,2}}\Z|(?:{ends}){which}{{1,2}}\Z"
    )


def _windows(found: list[str]) -> Iterator[tuple[str, int, int]]:
    for start in range(len(found)):
        for end in range(start + 1, min(start + LONGEST_WINDOW, len(found)) + 1):
            yield "".join(found[start:end]), start, end


def _counts(window: str, start: int, end: int, found: list[str]) -> bool:
    if window in _ALONE:
        return start == 0 and end == len(found)
    return window not in _LAST or all(word in _WHICH for word in found[end:])
