"""The behaviour rules, by name."""

from typing import Final

from eventlog.detection.rules import crowds, guessing, persons, probing, recorded, records, sessions, silence
from eventlog.detection.rules.base import Rule

HIJACK: Final = sessions.SessionHijack()
SILENCE: Final = silence.EventsSilent()
RULES: Final[tuple[Rule, ...]] = (
    guessing.BruteForce(),
    guessing.DistributedBruteForce(),
    crowds.PasswordSpray(),
    crowds.CredentialStuffing(),
    crowds.UserEnumeration(),
    guessing.SuccessAfterFailures(),
    persons.ImpossibleTravel(),
    persons.NewDevice(),
    persons.OffHours(),
    persons.UnusualAccess(),
    HIJACK,
    sessions.TokenReuse(),
    probing.ScanBurst(),
    probing.ForbiddenBurst(),
    probing.Enumeration(),
    probing.Scanner(),
    records.MassExport(),
    records.PrivilegeEscalation(),
    recorded.SqlInjection(),
    recorded.Xss(),
    recorded.PathTraversal(),
    recorded.CommandInjection(),
    recorded.TemplateInjection(),
    recorded.OutOfBandChange(),
    recorded.Tampering(),
    SILENCE,
)
_by_name: Final = {rule.name: rule for rule in RULES}


def by_name(name: str) -> Rule | None:
    """None for a name that there is not, or is no longer."""
    return _by_name.get(name)
