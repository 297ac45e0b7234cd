"""Examples of AUTH: sign-ins, tokens, accounts and rights; and of requests."""

from typing import Any, Final

from edupro.reference.examples.cast import HOME, OFFICE, ROOM, STRANGER, TEACHER, Example, asked
from eventlog import catalog

LOGINS: Final = "eventlog/capture/logins.py"
TOKENS: Final = "eventlog/capture/tokens.py"
ACCOUNTS: Final = "eventlog/capture/accounts.py"
BLOCKS: Final = "eventlog/blocking/blocks.py"
ANI: Final = {"entity_type": "user", "entity_id": "27", "entity_name": "guru.ani"}
CLAIMS: Final = {"user_id": "12", "jti": "573d2155aa2948828c0a5f5244fd032a", "exp": "1795672410"}


def block(address: str | None) -> dict[str, Any]:
    data = {"address": address, "username": "guru.ani", "until": "2026-11-24T01:30:00+00:00", "times": 1}
    name = f"guru.ani ← {address or '*'}"
    return {"entity_type": "block", "entity_id": "1", "entity_name": name, "event_data": data}


EXAMPLES: Final = (
    Example(
        catalog.HTTP_REQUEST,
        "eventlog/capture/middleware.py",
        "a request was answered, of any path but those in `EXCLUDE_PATHS`; its category is that of what it was for",
        {
            **TEACHER,
            **HOME,
            **asked("PATCH", "/api/nilai/7", 200, "/api/nilai/{id}"),
            "event_name": "PATCH /api/nilai/{id}",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "request_headers": {"Content-Type": "application/json", "Authorization": "Bearer [redacted]"},
            "request_body": {"matematika": 88},
            "response_time_ms": 21.4,
            "response_size_bytes": 412,
            "response_content_type": "application/json",
            "cpu_time_ms": 9.8,
            "memory_usage_mb": 142.3,
            "memory_delta_kb": 0,
            "db_query_count": 5,
            "db_time_ms": 3.2,
        },
    ),
    Example(catalog.LOGIN, LOGINS, "somebody has signed in", {**TEACHER, **ROOM, "request_method": "POST"}),
    Example(
        catalog.LOGIN_FAILED,
        LOGINS,
        "an attempt to sign in was refused; the name is kept where an account has it or attackers try it, and the "
        "password never",
        {**STRANGER, "username": "guru001", "error_code": "BAD_CREDENTIALS", "request_method": "POST"},
    ),
    Example(catalog.LOGOUT, LOGINS, "somebody has signed out", {**TEACHER, **ROOM, "request_method": "POST"}),
    Example(
        catalog.TOKEN_ISSUED,
        TOKENS,
        "a pair of JSON Web Tokens was given out",
        {**TEACHER, **HOME, "request_method": "POST"},
    ),
    Example(
        catalog.TOKEN_REFRESH,
        TOKENS,
        "a refresh token was exchanged for the next pair",
        {**TEACHER, **HOME, "request_method": "POST"},
    ),
    Example(
        catalog.TOKEN_REJECTED,
        TOKENS,
        "a token that is no token of ours, or a withdrawn one, was shown; `error_code` says why",
        {**STRANGER, "request_method": "GET", "error_code": "bad_signature", "event_data": {"claims": CLAIMS}},
    ),
    Example(
        catalog.TOKEN_EXPIRED,
        TOKENS,
        "a token that was ours is too old by now",
        {**STRANGER, "request_method": "GET", "error_code": "expired", "event_data": {"claims": CLAIMS}},
    ),
    Example(
        catalog.TOKEN_BLACKLISTED,
        TOKENS,
        "a refresh token was withdrawn, as at signing out",
        {**TEACHER, **HOME, "request_method": "POST"},
    ),
    Example(
        catalog.USER_REGISTER,
        ACCOUNTS,
        "an account was made",
        {**OFFICE, **ROOM, **ANI, "event_data": {"is_active": True, "is_staff": False, "is_superuser": False}},
    ),
    Example(
        catalog.PASSWORD_CHANGE,
        ACCOUNTS,
        "an account has got another password",
        {**TEACHER, **ROOM, "entity_type": "user", "entity_id": "12", "entity_name": "guru001"},
    ),
    Example(
        catalog.PASSWORD_RESET,
        ACCOUNTS,
        "a forgotten password was set anew by a link that was sent",
        {**STRANGER, **ANI, "endpoint": "/accounts/reset/{uidb64}/{token}/", "request_method": "POST"},
    ),
    Example(
        catalog.PERMISSION_CHANGE,
        ACCOUNTS,
        "rights, groups, or the marks of staff and superuser were given or taken",
        {
            **OFFICE,
            **ROOM,
            **ANI,
            "action": "add",
            "event_data": {"relation": "auth.User_groups", "what": ["guru"], "from_other_side": False},
        },
    ),
    Example(
        catalog.ACCOUNT_LOCK,
        ACCOUNTS,
        "an account was closed by hand, or kept from being signed in to from anywhere (`BLOCK_AFTER_BRUTE_FORCE`)",
        {**OFFICE, **ROOM, **ANI},
    ),
    Example(
        catalog.ACCOUNT_UNLOCK,
        BLOCKS,
        "an account may be signed in to again",
        {**OFFICE, **ROOM, **block(None), "reason": "distributed_brute_force"},
    ),
)
