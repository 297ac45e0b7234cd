"""Path traversal: ways up the tree, and files that no page of a school has a name of."""

import re
from collections.abc import Iterator
from typing import Final

from eventlog.detection.payloads.decoding import Decoded
from eventlog.detection.payloads.signs import Sign, rule, signs_of

_SLASH: Final = re.compile(r"0x2f|0x5c|\\")
_BARE_SLASH: Final = re.compile(r"2f|5c")
_DOT: Final = re.compile(r"0x2e|(?:\?[?.]|\.\?)(?=[\\/]|0x)|%(?=\.)")
_SAME: Final = re.compile(r"(?<=/)(?:\./)++|(?<=/)/++")
_FILES: Final = (
    r"etc/{0,3}(?:passwd|shadow|hosts|group|issue|hostname|motd|fstab|crontab|sudoers|resolv|ssh|nginx|apache|httpd|mysql|my\.cnf|php"
    r"|pam|profile|security|master|samba|init|network|lsb|os-rel|redhat|debian|snmp|ftp|pro ?ftpd|pure|vsftpd|mail|aliases|bash|ld\.so"
    r"|inetd|mtab|hosts|services|protocols|logrotate|rsyslog|syslog|cups|default|shells|chttp|lighttpd|firewall|vhcs|wu-ftpd|modules|grub|environment|rc|exports|update|anacron|at\.|ca-cert|chkrootkit|cron|dhcp|dovecot|exim|postfix|squid|tomcat|webmin|clam|login|lilo|nsswitch|netconfig|printcap|termcap|timezone|updatedb)"
    r"|boot\.ini|win\.ini|windows/(?:system|win|repair|panther|temp|iis|debug|explorer|php|my)|winnt/|system32/|proc/(?:self|\d|version|cmdline|mounts|net|sched|cpuinfo)"
    r"|var/(?:log|www|lib|spool|mail|run|cpanel|adm|apache|local|webmin|htmp|backup|cache|db)\b|web-inf/|meta-inf/|\.htaccess|\.htpasswd|\.ssh/|id_rsa|\.bash_history|global\.asa"
    r"|usr/(?:local|lib|etc|pkg|share|home|spool)/|opt/(?:lampp|xampp|apache|httpd|nginx|tomcat|[a-z0-9_-]{1,20}/)|root/\.|home/[\w$*.-]{1,30}/\.|(?:apache|xampp|wamp|inetpub|php\d?|mysql|nginx|appserv|program ?files)[^/]{0,20}/"
    r"|windows/|system volume|documents and settings|sysprep|unattend|library/webserver|volumes/|private/etc|logs?/(?:error|access)[._]|(?:error|access)[._]log|conf/httpd|httpd\.conf|php\.ini|my\.(?:cnf|ini)|wp-config|config\.inc|settings\.py|db\.sqlite3|\.env\b|\.git/|\.svn/|ntuser|pagefile|autoexec|desktop\.ini"
)
MARKS: Final = ("/", "\\", "..", "0x2", ".ini", "2f", ".ht", ".env", "httpd.conf")
NUL: Final = re.compile(r"^[^\s<>\"'(){};,]{1,200}[.\\/][\w.-]{0,40}(?:\x00|%00)")
RULES: Final = (
    rule("up-several", 80, r"(?:\.{2,}[;\s\"'`^?%*\x00]{0,4}[/|]+\.{0,2}/*+[^/\s]{0,12}?){2}", ".."),
    rule("up-to-file", 85, rf"\.\.[;\x00]?/[^\s]{{0,80}}?(?:{_FILES})", ".."),
    rule("up-at-start", 54, r"""^(?:[=/"'\s]{0,9})(?:[\w.=-]{0,20}[/=])?\.{2,}[;]?/{1,9}(?![\s)])""", ".."),
    rule("up-inside", 56, r"""^[^\s\"'<>|]{1,200}/\.\.(?:;?/[^\s]|$)|/\.\.[;\s\"'”.“]{1,9}""", "/.."),
    rule("known-file", 64, rf"""^["'=\s>|.]{{0,9}}(?:file:/{{1,5}})?(?:/{{1,9}}|[a-z]:/{{1,9}}|\.{{1,2}}/{{1,9}}|[a-z]{{1,12}}=/?)?[\w.-]{{0,16}}(?:{_FILES})[^\s]{{0,120}}\s{{0,5}}$""", "/", "."),
    rule("system-folder", 60, r"^[\"'\s]{0,3}/(?:etc|proc|sys|boot|root|usr|var)/[^\s]{1,200}$", "/"),
    rule("file-address", 66, r"(?:^|[=\s\"'])(?:file|php|zip|phar|expect|glob|gopher|dict|jar|ogg|rar|ssh2|netdoc)://?(?:filter|input|fd|memory|temp|/|[a-z]:|[a-z]{1,10})", ":/"),
    rule("name-after-nul", 60, r"\x00\s{0,2}\.?[a-z]{0,5}", "\x00"),
    rule("system-file", 51, r"(?:^|[\s=\"'(`<;|&,:/])(?:/etc/(?:passwd|shadow|group|hosts|issue)|[a-z]:/(?:boot|windows|winnt)|/proc/self|boot\.ini|/windows/win\.ini|system32/)", "/", "boot"),
)


NAMES: Final = frozenset({"known-file", "system-folder"})  # in a path these are what scanners ask for


def signs(decoded: Decoded, raw: str, where: str) -> Iterator[Sign]:
    text = decoded.text
    if not any(mark in text for mark in MARKS) and "\x00" not in raw and "%00" not in raw:
        return
    plain = plain_path(text)
    up = ".." in plain
    yield from (sign for sign in signs_of(RULES, plain) if up or where != "path" or sign.rule not in NAMES)
    if NUL.search(raw):
        yield Sign("name-with-nul", 52, 0, len(text))
    if ".." in plain and "percent" in decoded.layers and re.search(r"(?:^|[/=])\.\./", plain):
        yield Sign("hidden-steps", 55, 0, len(text))


def plain_path(text: str) -> str:
    if "..2f" in text or "..5c" in text:
        text = _BARE_SLASH.sub("/", text)
    return _SAME.sub("", _SLASH.sub("/", _DOT.sub(".", text)))
