"""The application's own log, with the same secrets masked as in the events."""

import logging

from eventlog.conf import conf
from eventlog.privacy.redaction import redactor


class RedactingFormatter(logging.Formatter):
    """Formats as `logging.Formatter`, then masks: messages, arguments, tracebacks and the queries of access logs."""

    def format(self, record: logging.LogRecord) -> str:
        return redactor(conf.SENSITIVE_FIELDS).text(super().format(record))
