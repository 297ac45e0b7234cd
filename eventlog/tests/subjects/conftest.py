"""What tests of people's rights have: a student whom many events are about, and everything around him."""

from eventlog.tests.integrity.conftest import outside, signing
from eventlog.tests.retention.conftest import folder

__all__ = ["folder", "outside", "signing"]
