"""`eventlog_doctor order`, in words and by its exit code."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from eventlog.models import EventBatch
from eventlog.tests.altering import altering
from eventlog.tests.elsewhere import comes_from_elsewhere, put_at
from eventlog.tests.integrity.conftest import event, write

pytestmark = pytest.mark.django_db


def doctor(expected: int = 0) -> str:
    out = StringIO()
    try:
        call_command("eventlog_doctor", "order", stdout=out)
    except SystemExit as ended:
        assert ended.code == expected
    return out.getvalue()


def test_without_a_restored_dump_all_is_in_order() -> None:
    write(event())
    assert doctor().startswith("In order")


def test_a_restored_dump_is_told_before_and_after_the_first_batch() -> None:
    comes_from_elsewhere(write(event()))
    assert "nothing has been stored here yet" in doctor()
    write(event())
    assert doctor().startswith("Restored in another cluster") and "nothing has been stored" not in doctor()


def test_what_was_stored_meanwhile_is_something_to_do() -> None:
    early, restored = write(event()), write(event())
    put_at(5, early)
    comes_from_elsewhere(restored)
    write(event())
    with altering():
        EventBatch.objects.filter(pk=early.pk).update(stored_at=timezone.now() + timedelta(hours=1))
    assert "1 batches were stored before the restore was complete" in doctor(expected=2)
