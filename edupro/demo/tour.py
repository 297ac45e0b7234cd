"""The guided tour: what to try, and which events to see then."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from eventlog import catalog
from eventlog.catalog import StrOrPromise
from eventlog.detection.rules import by_name

EVENTS = "/admin/eventlog/event/"
ALERTS = "/admin/eventlog/alert/"


@dataclass(frozen=True, slots=True)
class Step:
    """`where` is the page to go to, `types` the events that come of it, `rules` those whose alert does."""

    title: StrOrPromise
    what: StrOrPromise
    where: str
    types: Sequence[str]
    rules: Sequence[str] = ()

    def links(self) -> list[tuple[str, str]]:
        """(type, the newest events of that type)."""
        return [(name, f"{EVENTS}?q=type:{name}&since=") for name in self.types]

    def alerts(self) -> list[tuple[StrOrPromise, str]]:
        """(what the rule calls it, its alerts in any state)."""
        found = (by_name(name) for name in self.rules)
        return [(rule.label, f"{ALERTS}?state=all&rule={rule.name}") for rule in found if rule is not None]


STEPS = (
    Step(
        _("Change a mark"),
        _("Open a report, change one mark and save. The event says who changed what, from what to what."),
        "/admin/school/nilairaport/",
        ["NILAI_UPDATE", "NILAI_READ"],
    ),
    Step(
        _("Import a table"),
        _(
            "Take the template, fill in a few rows, one of them wrong, and choose it: every mistake is named and"
            " nothing is written. Mend it, look at the preview, confirm."
        ),
        "/admin/school/nilairaport/import/",
        [catalog.FILE_UPLOAD, catalog.FILE_UPLOAD_FAILED, catalog.IMPORT_DATA, "NILAI_CREATE"],
    ),
    Step(
        _("Export a class"),
        _("Narrow the list by a class and export it. The event says which rows went out, and to whom."),
        "/admin/school/siswa/",
        [catalog.EXPORT_DATA, catalog.FILE_DOWNLOAD],
    ),
    Step(
        _("Give a student another photo"),
        _("Choose a picture, save, choose another one. The first is removed; of both, name, size and hash are kept."),
        "/admin/school/siswa/",
        [catalog.FILE_UPLOAD, catalog.FILE_DELETE, "SISWA_UPDATE"],
    ),
    Step(
        _("Train the prediction"),
        _("As the administrator. The page shows how far it is; then look at the tree, and at how often it is wrong."),
        "/admin/prediction/modelversion/",
        [catalog.MODEL_TRAIN_START, catalog.MODEL_TRAIN, catalog.MODEL_EVALUATE, catalog.MODEL_SAVE],
    ),
    Step(
        _("Predict a class"),
        _("As the teacher, who may choose his own classes alone."),
        "/admin/prediction/prediksi/predict/",
        [catalog.PREDICTION_BATCH, catalog.MODEL_LOAD, "PRESTASI_BULK_IMPORT"],
    ),
    Step(
        _("Register somebody, then lock the account"),
        _(
            "An invitation goes out by mail; you find it in the worker's log."
            " Lock and Unlock are on the account's page."
        ),
        "/admin/auth/user/add/",
        [catalog.USER_REGISTER, catalog.ACCOUNT_LOCK, catalog.ACCOUNT_UNLOCK, catalog.TASK_SUCCESS],
    ),
    Step(
        _("Forget your password"),
        _("As the student: the link comes by mail, and is in no event."),
        "/accounts/password_reset/",
        [catalog.PASSWORD_RESET],
    ),
    Step(
        _("Sign in with a wrong password"),
        _("Sign out, mistype your password, then sign in. The password that you typed is kept nowhere."),
        "/admin/logout/",
        [catalog.LOGIN_FAILED, catalog.LOGIN, catalog.LOGOUT],
    ),
    Step(
        _("Attack the school"),
        _("Ask for something that is not yours, as strangers do all day here."),
        "/api/penghasilan",
        [catalog.UNAUTHORIZED_ACCESS, catalog.TOKEN_REJECTED, catalog.SQL_INJECTION, catalog.XSS, catalog.SCANNER],
    ),
    Step(
        _("Break in, then see the alert"),
        _(
            "This address asks the database for everybody's passwords; or sign out and guess the administrator's eight"
            " times. Within seconds there is an alert: see what it rests on, say what it was, close it. The keys for"
            " that are told by “?”."
        ),
        "/api/siswa?search=' UNION SELECT username, password FROM auth_user --",
        [catalog.SQL_INJECTION, catalog.BRUTE_FORCE, catalog.ALERT_OPENED, catalog.ALERT_UPDATED],
        rules=("sql_injection", "brute_force"),
    ),
    Step(
        _("Break something"),
        _("This page divides by zero. The event has the fault, where it happened, and a number by which to find it."),
        "/demo/rata-rata?kelas=XIII-1",
        [catalog.ERROR_500],
    ),
    Step(
        _("Wait for a slow page"),
        _("It takes longer than half a second because of one query, which the event names."),
        "/demo/lambat",
        [catalog.SLOW_QUERY],
    ),
    Step(
        _("Go around the application"),
        _(
            "Stop, start or ask anything from the command line; change a mark with psql. What the application has not"
            " done is told with the database's own user."
        ),
        EVENTS,
        [catalog.COMMAND, catalog.OUT_OF_BAND_CHANGE, catalog.UNCLEAN_STOP],
    ),
)
