"""What the school does by itself, on Celery's schedule."""

from celery import shared_task

from edupro.school.models import ImportDraft

DRAFTS_AT_ONCE = 500  # the next run takes the rest


@shared_task(ignore_result=True)
def remove_old_drafts() -> int:
    """Imports that nobody has confirmed for a day, and their files; return how many."""
    drafts = list(ImportDraft.objects.old()[:DRAFTS_AT_ONCE])
    for draft in drafts:
        draft.delete()  # each by itself: its file goes with it
    return len(drafts)
