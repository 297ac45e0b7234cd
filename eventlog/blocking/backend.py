"""Refuses a blocked pair before any password is looked at."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied

from eventlog.blocking import blocks
from eventlog.capture.requests import current_visit
from eventlog.conf import conf


class BlockingBackend:
    """First in AUTHENTICATION_BACKENDS. Raising PermissionDenied is how Django ends the search for an account.

    It has no `get_user`, so that Django never takes it for the backend of a session.
    """

    def authenticate(self, request: Any, username: Any = None, **credentials: Any) -> None:
        visit = current_visit()
        if not conf.BLOCK_AFTER_BRUTE_FORCE or visit is None or not visit.address:
            return
        name = credentials.get(get_user_model().USERNAME_FIELD, username)
        if isinstance(name, str) and (block := blocks.against(visit.address, name)) is not None:
            visit.refused_until = block.until
            raise PermissionDenied

    async def aauthenticate(self, request: Any, username: Any = None, **credentials: Any) -> None:
        await sync_to_async(self.authenticate)(request, username, **credentials)
