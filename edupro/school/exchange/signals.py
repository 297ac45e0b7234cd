"""What has come in and gone out, for whoever wants to know; `sender` is the model.

`imported`, after the commit: file, sha256, rows, created, changed, same.
`exported`, when the last byte has been handed over or the reader has gone: format, rows, filter.
"""

from django.dispatch import Signal

imported = Signal()
exported = Signal()
