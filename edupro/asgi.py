"""EduPro for ASGI servers: `uvicorn edupro.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

application = get_asgi_application()
