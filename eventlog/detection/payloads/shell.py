"""Command injection: a separator of a shell, and after it the name of a program with what programs are given.

Quotes, backslashes and `$IFS` inside a name are taken out first, as the shell does. Names that are words as well
(`time`, `more`, `at`, `id`) count only where what follows them is an argument or another separator.
"""

import re
from typing import Final

from eventlog.detection.payloads import words
from eventlog.detection.payloads.signs import Rules, Sign, rule

MAX_COMMANDS: Final = 40  # separators that are looked at
SEPARATED: Final = re.compile(r"[;|&`\n\r<>$%]|/bin/|\.exe")
ALONE: Final = re.compile(
    r"\W{0,4}(?:if|for)\s|\W{0,9}[a-z][\w./-]{0,30}(?:\s{1,9}(?:[-/\"'\d]|https?:)|\(|\s{1,9}\w{1,30}\s{1,5}-)"
)
_IFS: Final = re.compile(r"\$\{?ifs[^}\s]{0,12}\}?(?:\$9)?|\$\{?@\}?|%programfiles:~10,-5%|,(?=-)")
OF_NOTHING: Final = frozenset("\"'\\^$`")  # one of them is in each
_NOTHING: Final = re.compile(r"[\"'\\^]|\$[1-9@*](?![\w])|\$\{(?:[a-z]{1,2}|[@*1-9])?\}|\$\(\)|``")
SEPARATOR: Final = re.compile(r"\$\(\(?|<\(|>\(|[;|&`\n\r]{1,4}|^")
COMMAND: Final = re.compile(
    r"[\s({!@]{0,9}(?:[a-z_]\w{0,20}=\S{0,40}\s{1,4})?(?:(?:sudo|time|env|nohup|exec|command|busybox|do|then|start"
    r"|cmd|if|!)\s{1,5}(?:/[a-z]{1,2}\s{1,3})?)?"
    r"(/?(?:[\w.*?-]{1,16}/){0,6})?([a-z_?*\[\]][\w.?*\[\]+-]{0,24})(?=([^\w]|$)(.{0,40}))",
    re.S,
)
ARGUMENT: Final = re.compile(
    r"\s{0,9}(?:$|[;|&`)<>#\n]|-{1,2}[a-z?]|[/~$*?]|\./|\d{1,3}(?:\.\d{1,3}){3}|/[a-z]|\w{1,24}(?:\s{0,5}$"
    r"|\s{0,5}[;|&`)<>#])|\w{1,30}[./:=\\]|[a-z]:|%\w|\d|\(\w|\w{1,20}\s{1,4}-)"
)
RULES: Final = Rules(
    rule("shellshock", 92, r"\(\)\s{0,5}\{\s{0,5}[\w:]{0,9}\s{0,5};?\s{0,5}\}\s{0,5};", "()"),
    rule("field-separator", 70, r"\$\{?ifs\b", "ifs"),
    rule(
        "shell-program",
        66,
        r"(?:^|[\s;|&`(='\"])/(?:usr/)?(?:local/)?s?bin/{1,3}(?:[\w?*.\[\]-]{1,24})|/(?:\?{2,3}|b\?n|bi\?|\?in)/",
        "bin/",
        "???",
        "b?n",
        "bi?",
        "?in",
        "/??",
    ),
    rule(
        "windows-shell",
        66,
        r"\bcmd(?:\.exe)?\s{1,5}/[ckr]\b|powershell(?:\.exe)?\s{1,5}(?:-|/|i?ex|get|\()|%(?:systemroot|comspec"
        r"|windir|temp|programfiles)[%:]|\bcertutil(?:\.exe)?\s{1,3}-|\bbitsadmin\b|invoke-(?:expression"
        r"|webrequest|command)|new-object\s{1,4}(?:system\.)?net",
        "cmd",
        "powershell",
        "%systemroot",
        "%comspec",
        "%windir",
        "%temp",
        "%programfiles",
        "certutil",
        "bitsadmin",
        "invoke-",
        "new-object",
    ),
    rule(
        "windows-account",
        62,
        r"[|&;]\s{0,5}net1?\s{1,5}(?:user|localgroup|share|view|group|use|start|stop)\b|\breg\s{1,4}(?:add|query"
        r"|delete)\s",
        "net",
        "reg",
    ),
    rule("network-device", 85, r"/dev/(?:tcp|udp)/", "/dev/"),
    rule("piped-to-shell", 75, r"\|\s{0,5}(?:/bin/)?(?:ba|z|k|da|c)?sh\b(?:\s{0,4}(?:$|[-;|&#`'\"]))", "|"),
    rule(
        "here-string",
        60,
        r"<<<|<\s{0,3}/etc/|>\s{0,3}/(?:tmp|dev|var)/|2>&1|>&\s{0,2}/|[&\d]>/dev/null",
        *("<<<", "/etc/", "/tmp/", "/dev/", "/var/", "2>&1", ">&"),
    ),
    rule(
        "program-code",
        62,
        r"(?:^|[^\w.$>-])(?:system|passthru|shell_exec|popen|proc_open|pcntl_exec|os\.system|subprocess\.\w{2,14}"
        r"|__import__|exec|phpinfo|eval|assert)\s{0,3}\(\s{0,3}(?:['\"`)$]|base64|chr|0x)"
        r"|\$_(?:get|post|request|cookie|server)\s{0,3}\[|<\?(?:php|=)|phpinfo\(\)|\bopen\(['\"][|]|#!/(?:usr/)?bin/",
        *("system", "passthru", "exec", "open", "subprocess", "__import__", "phpinfo", "eval", "assert"),
        *("$_", "<?", "#!"),
    ),
    rule(
        "batch-loop",
        60,
        r"\bfor\s{1,9}(?:/[dlfr]\s{1,30}){0,3}(?:\"[^\"]{1,40}\"\s{1,4})?%{1,2}[a-z0-9]{1,12}\s{1,9}in\s{1,9}\(",
        "%",
    ),
    rule(
        "batch-condition",
        60,
        r"\A\W{0,3}if\s{1,30}(?:/i\s{1,20})?(?:not\s{1,20})?(?:exist\s|errorlevel\s|defined\s|cmdextversion\s"
        r"|[\"({]?[%\w]{1,20}[%\")}]{0,2}\s{0,4}(?:==|equ|neq|lss|leq|gtr|geq))",
        "if",
    ),
    rule(
        "substituted-name",
        60,
        r"(?:^|[;|&`\s])\$\{?[a-z]{1,12}\}?(?::\d|/|\s{1,4}-[a-z])|[;|&]\s{0,3}\$[a-z]{1,12}\s{0,3}$|\$\{@[a-z]"
        r"|\$\([^)]{1,60}\)\s{0,3}\$",
        "$",
    ),
    rule("globbed-path", 58, r"/\[[^\]\s]{1,6}\]tc/|/etc/[a-z]{0,4}\[", "/[", "/etc/"),
    rule("arithmetic", 54, r"\A\$\[[\d+*-]{0,9}\]$", "$"),
    rule("words-in-braces", 60, r"\{(?:cat|ls|id|wget|curl|ping|echo|nc|bash|sh|whoami|uname)\s{0,3},", "{"),
    alphabet="$%{|/<>(?-#",
)


def signs(text: str, marks: frozenset[str]) -> list[Sign]:
    if SEPARATED.search(text) is None and ALONE.match(text) is None and text[:1].isalpha():
        return []
    found = RULES.signs(text, marks)
    if "+" in marks and " " not in text:
        text = text.replace("+", " ")
    if "```" in text:
        text = FENCE.sub(" ", text)
    if "(" in marks and AGENT.match(text):
        text = IN_BRACKETS.sub("", text)
    if "$" in marks or "%" in marks:
        text = _IFS.sub(" ", text)
    return found + commands(text if marks.isdisjoint(OF_NOTHING) else _NOTHING.sub("", text))


NAMES: Final = words.PROGRAMS | words.PROGRAMS_AND_WORDS
NAME: Final = re.compile(r"[a-z][a-z0-9]*+")
GLOB: Final = re.compile(r"[a-z/][?*\[][?*\w/]")
FENCE: Final = re.compile(r"```[a-z]{0,12}")
AGENT: Final = re.compile(r"[\w. -]{1,40}/\d")
IN_BRACKETS: Final = re.compile(r"\([^()]{0,400}\)")


def commands(text: str) -> list[Sign]:
    """The first command of each strength that follows a separator."""
    if NAMES.isdisjoint(NAME.findall(text)) and GLOB.search(text) is None:
        return []
    found: dict[str, Sign] = {}
    for count, separator in enumerate(SEPARATOR.finditer(text)):
        if count >= MAX_COMMANDS or "command" in found:
            break
        if sign := command_after(separator, text):
            found.setdefault(sign.rule, sign)
    return [*found.values()]


def command_after(separator: re.Match[str], text: str) -> Sign | None:
    match = COMMAND.match(text, separator.end())
    if match is None:
        return None
    path, name, _, rest = match.groups()
    name = name.removesuffix(".exe").rstrip(".*")
    score = strength(separator[0], path or "", name, text[match.end(2) : match.end(2) + 60])
    return Sign("command", score, separator.start(), match.end(2)) if score else None


def strength(separator: str, path: str, name: str, rest: str) -> int:
    """Points of a command: by how surely its name is one, and by what it stands after."""
    known = name if name in words.PROGRAMS else base_name(name)
    taken = ARGUMENT.match(rest) is not None
    first = not separator.strip("\r\n")
    if known in words.PROGRAMS:
        return (
            (62 if taken else 52 if separator in ("&&", "||", "$(") else 45)
            if not first
            else (56 if separator and taken else 52 if taken and SURE.match(rest) else 0)
        )
    if known in words.PROGRAMS_AND_WORDS and taken:
        if first or separator == "`":
            return 50 if separator and OPTION.match(rest) else 0
        return 58
    return 0


OPTION: Final = re.compile(r"\s{1,9}(?:-{1,2}[a-z]|/|[a-z]:)")
SURE: Final = re.compile(
    r"\s{1,9}(?:-{1,2}[a-z?]|/[a-z]|['\"]?https?:|\d{1,3}(?:\.\d{1,3}){3}|\|)|\s{0,9}\|\s{0,3}\w|=\|"
)


def base_name(name: str) -> str:
    return (name.partition("-")[0] or name).rstrip("0123456789.") or name
