"""Every setting of the event log, read live; each room's are in a module of its name.

Values come from the environment (`EVENTLOG_<NAME>`; lists by comma, mappings as JSON), else from
`settings.EVENTLOG`, else from the default here. A value that cannot be used is reported by `manage.py check`
(see `checks.py`); meanwhile its default counts, so that a typing mistake never stops a request.
"""

from typing import Final

from eventlog.conf.alerts import Alerts
from eventlog.conf.capture import Capture
from eventlog.conf.detection import Detection
from eventlog.conf.integrity import Integrity
from eventlog.conf.pipeline import Pipeline
from eventlog.conf.privacy import Privacy
from eventlog.conf.readers import Readers
from eventlog.conf.retention import Retention
from eventlog.conf.setting import Values, declared_in


class Conf(Pipeline, Capture, Privacy, Detection, Retention, Integrity, Alerts, Readers, Values):
    """`conf.BATCH_SIZE` is the value in force, `Conf.BATCH_SIZE` the setting."""


SETTINGS: Final = declared_in(Conf)
conf: Final = Conf()
