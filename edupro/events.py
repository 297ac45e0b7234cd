"""Whose doings somebody may read about, by the rules of the school."""

from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, CharField, F, Func, Q, QuerySet
from django.db.models.functions import Cast

from edupro.prediction.models import Prediksi
from edupro.school.models import NilaiRaport, Presensi, Siswa
from edupro.school.roles import school_roles

Events = TypeVar("Events", bound=QuerySet[Any])
RECORDS: dict[str, Any] = {
    "siswa": Siswa,
    "nilai": NilaiRaport,
    "presensi": Presensi,
    "prestasi": Prediksi,
}  # by their kind in events


class IsOneOf(Func):
    """`column = ANY (ARRAY(SELECT …))`: the keys are found once, and the index on records finds their events; of an
    `IN (SELECT …)` beside an OR, PostgreSQL would try every event."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


def visible_to(user: User, events: Events) -> Events:
    """What one did oneself; for a teacher also what happened to the records of his students, one record at a time.

    Not their parents' incomes, which he may not see. A record that is gone is nobody's any more.
    """
    seen = Q(user_id=user.pk)
    if "guru" in school_roles(user):
        for kind, model in RECORDS.items():
            keys = model.objects.visible_to(user).order_by().values(key=Cast("pk", CharField()))
            seen |= Q(entity_type=kind) & Q(IsOneOf(F("entity_id"), ArraySubquery(keys)))
    return events.filter(seen)
