"""EduPro's settings with data of its own, for a demo that a test starts beside whatever else runs in this folder."""

import os
from pathlib import Path

from edupro.settings import *  # noqa: F403
from edupro.settings import CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES

VAR_DIR = Path(os.environ["DEMO_TEST_FOLDER"])
MEDIA_ROOT = VAR_DIR / "media"
DATABASES["default"]["NAME"] = os.environ["DEMO_TEST_DATABASE"]
for option, folder in {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}.items():
    (VAR_DIR / folder).mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS[option] = str(VAR_DIR / folder)
