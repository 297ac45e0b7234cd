"""EduPro, a school's system."""

from edupro.celery import app as celery_app

__all__ = ["celery_app"]
