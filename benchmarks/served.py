"""The project as `gunicorn benchmarks.served` serves it: its settings for measuring, its database for measuring."""

import benchmarks  # noqa: F401  sets Django up

from django.core.handlers.wsgi import WSGIHandler  # isort: skip

application = WSGIHandler()
