"""EduPro for ASGI servers: `uvicorn edupro.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

django_application = get_asgi_application()

from eventlog.capture.processes import lifespan  # noqa: E402  (needs Django set up)

application = lifespan(django_application)
