"""The console's pages as its readers ask for them."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eventlog.logger import log_event

LIST = "/admin/eventlog/event/"
HOSTILE = '"><script>alert(1)</script>'


def reader_with(*codenames: str) -> Client:
    user = User.objects.create_user("auditor", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="eventlog", codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def page_of(event: Any) -> str:
    return f"{LIST}{event.id}/change/"


def shown(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def read_detail(client: Client, event_type: str, **columns: Any) -> str:
    return shown(client, page_of(log_event(event_type, **columns)))


def queries_on_events(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        shown(client, path)
    return [query["sql"] for query in captured.captured_queries if 'FROM "events"' in query["sql"]]
