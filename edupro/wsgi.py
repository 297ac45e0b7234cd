"""EduPro for WSGI servers: `gunicorn edupro.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edupro.settings")

application = get_wsgi_application()
