"""The project as it is, and a few views and a task that these tests need. For processes that they start."""

import os
from datetime import timedelta

from edupro.settings import *  # noqa: F403

SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"] = timedelta(days=1)  # noqa: F405  # the people's are made once for a run
ROOT_URLCONF = "eventlog.tests.faults.urls"
CELERY_IMPORTS = ["eventlog.tests.faults.tasks", "eventlog.tests.faults.crowd"]
if "FAULTS_QUEUE" in os.environ:
    CELERY_RESULT_BACKEND = "file://" + os.environ["FAULTS_QUEUE"] + "-results"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": os.environ["FAULTS_QUEUE"],
        "data_folder_out": os.environ["FAULTS_QUEUE"],
        "control_folder": os.environ["FAULTS_QUEUE"] + "-control",
        "polling_interval": 0.05,
    }
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
