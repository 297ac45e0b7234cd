"""Sensitive events in processes that die, or have a key that cannot be used: nothing is lost, nothing stored plain."""

from eventlog.tests.faults.servers import Site

KEYS = "SELECT count(*) FROM event_subject_keys"
STORED = "SELECT new_values::text FROM events WHERE entity_type = 'penghasilan'"
RECORDS = """
from eventlog.pipeline import writer
from eventlog.privacy import encryption
EventLogger().log_event("PENGHASILAN_UPDATE", entity_type="penghasilan", entity_id="3", new_values={"gaji": 4000000})
"""
# With the key made, and the events not stored yet.
DIES = f"""{RECORDS}
really = encryption.made
encryption.made = lambda *given: die(really(*given))
writer.current().turn(urgent=True)
"""


def test_a_writer_that_dies_with_a_new_key_leaves_neither_key_nor_event(site: Site) -> None:
    assert site.script(DIES).wait() == -9
    assert (site.rows(KEYS), site.rows(STORED)) == ([(0,)], [])
    site.drain()
    [(values,)] = site.rows(STORED)
    assert site.rows(KEYS) == [(1,)] and "encrypted" in values and "4000000" not in values
    site.assert_accounts_are_exact()


def test_a_key_that_cannot_be_used_keeps_events_in_the_journal(site: Site) -> None:
    site.environment.update(EVENTLOG_ENCRYPTION_KEYS="short")
    site.script(RECORDS).wait()
    assert site.rows(STORED) == [] and site.waiting()
    del site.environment["EVENTLOG_ENCRYPTION_KEYS"]
    site.drain()
    [(values,)] = site.rows(STORED)
    assert "4000000" not in values
    site.assert_accounts_are_exact()
