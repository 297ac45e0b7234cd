"""What has come in and gone out, for whoever wants to know; `sender` is the model.

`imported`, after the commit: file, sha256, rows, created, changed, same.
`exported`, when the last byte has been handed over, or the reader has gone, or something broke: format, rows (read for
it by then), complete (whether it was the last byte), filter.
"""

from django.dispatch import Signal

imported = Signal()
exported = Signal()
