"""Mail goes out by the worker: a page that waited for the mail server would tell by its time who has an account.

Links are made here, so that no queue and no log ever holds one.
"""

from celery import shared_task
from django.contrib.auth.models import User

from edupro.people import links, mails

AWAY = (OSError,)  # what mail servers that are away or refuse raise; tried again for about ten minutes


@shared_task(ignore_result=True, autoretry_for=AWAY, retry_backoff=10, max_retries=6)
def send_reset_links(email: str, language: str, origin: str) -> int:
    """To everybody who has this address; return how many those are."""
    found = links.with_address(email)
    for user in found:
        mails.send_link(mails.RESET, user, language=language, origin=origin)
    return len(found)


@shared_task(ignore_result=True, autoretry_for=AWAY, retry_backoff=10, max_retries=6)
def send_invitation(user_id: int, language: str, origin: str) -> None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        mails.send_link(mails.INVITATION, user, language=language, origin=origin)
