"""Attacks in what was sent: text and where it stood in, findings out. It decides nothing and blocks nothing."""

from eventlog.detection.payloads.scanning import Finding, findings
from eventlog.detection.payloads.signs import HIGH, LOW, MEDIUM

__all__ = ["HIGH", "LOW", "MEDIUM", "Finding", "findings", "labels"]


def labels(value: str, where: str) -> set[str]:
    """Which kinds of attack the value is, of `sqli xss traversal cmdi template scanner`; empty for an ordinary one.

    `where` is `query`, `path`, `body_form`, `body_json`, `cookie`, `file` or `header:` with a name.
    """
    return {found.kind for found in findings(value, where) if found.score >= MEDIUM}
