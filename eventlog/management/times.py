"""Times as they are given to commands."""

from datetime import datetime

from django.utils.timezone import is_naive, make_aware


def moment(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return make_aware(time) if is_naive(time) else time
