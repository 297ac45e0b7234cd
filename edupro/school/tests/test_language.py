"""The school speaks Indonesian as well as English."""

import re
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext, override
from rest_framework.test import APIClient

from edupro.school.models import NilaiRaport

CATALOG = Path(settings.LOCALE_PATHS[0]) / "id" / "LC_MESSAGES" / "django.po"


def test_every_message_of_the_catalog_is_translated_and_compiled() -> None:
    messages = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', CATALOG.read_text(), flags=re.MULTILINE)
    with override("id"):
        assert messages and [message for message, text in messages if not text or gettext(message) != text] == []


def test_models_have_indonesian_names() -> None:
    with override("id"):
        assert str(NilaiRaport._meta.verbose_name) == "nilai rapor"


def test_problems_are_told_in_the_language_asked_for(admin_api: APIClient) -> None:
    body = admin_api.post("/api/siswa", {}, headers={"accept-language": "id"}).json()
    assert body["detail"] == "Ada isian yang tidak benar."
