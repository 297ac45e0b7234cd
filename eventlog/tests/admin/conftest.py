"""Who reads."""

import pytest
from django.test import Client

from eventlog.tests.admin.pages import reader_with


@pytest.fixture
def auditor(db: None) -> Client:
    return reader_with("view_event")
