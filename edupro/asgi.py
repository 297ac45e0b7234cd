"""EduPro for ASGI servers: `uvicorn edupro.asgi:application`."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

application = get_asgi_application()

# Here each request has a thread of its own: a connection that is kept is never used again, and is closed only when
# Python collects it. A hundred of them, and PostgreSQL refuses the next request.
for database in settings.DATABASES.values():
    database["CONN_MAX_AGE"] = 0
