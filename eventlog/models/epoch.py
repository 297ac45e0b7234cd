"""The clusters that the store order goes through.

A dump that is restored elsewhere comes into a cluster that counts its transactions from the beginning: what it stores
would have its place before what was restored, and that would count as not finished yet. So there the order goes on in
a further epoch: from the first batch on, `shift` is added to the ids of that cluster's transactions. It is known by a
stored id that the cluster has not given so far, so `pg_upgrade`, a standby and another database of the same cluster,
which go on counting, begin none.
"""

from typing import Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# Of the snapshot in use. An id that was not given yet is not below the next one, nor a transaction's own.
NEWEST: Final = """
SELECT greatest((SELECT stored_xid FROM event_batches ORDER BY stored_xid DESC, id DESC LIMIT 1),
    (SELECT stored_xid FROM event_removals ORDER BY stored_xid DESC, id DESC LIMIT 1))::text::bigint"""
NEXT: Final = """
SELECT greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
    pg_current_xact_id_if_assigned()::text::bigint + 1) + eventlog_shift()"""
SHIFT: Final = "SELECT coalesce(max(shift), 0) FROM event_epochs"
# Where the newest is from elsewhere, nothing has been stored here: all that one sees is finished.
END_OF_FINISHED: Final = f"""
DECLARE newest bigint := ({NEWEST});
BEGIN
    IF newest >= ({NEXT}) THEN
        RETURN (newest + 1)::text::xid8;
    END IF;
    RETURN (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + eventlog_shift())::text::xid8;
END"""
# At least 2**32 further, so that places are behind nobody who has read what was stored after the dump and is lost.
BEGIN_EPOCH: Final = f"""
DECLARE own bigint := pg_current_xact_id()::text::bigint;
    newest bigint := ({NEWEST});
BEGIN
    IF newest >= ({NEXT}) THEN
        PERFORM pg_advisory_xact_lock(hashtext('eventlog order'));
        newest := ({NEWEST});
        IF newest >= ({NEXT}) THEN
            INSERT INTO event_epochs (shift, behind) VALUES (((newest >> 32) + 2) << 32, newest);
        END IF;
    END IF;
    RETURN (own + eventlog_shift())::text::xid8;
END"""
# Not the caller's tables but these, whatever a role has made for its session. Storing begins an epoch whoever stores.
FUNCTION: Final = """
DO $do$ BEGIN EXECUTE format($made$
CREATE FUNCTION {name} RETURNS {returns} LANGUAGE {language} SET search_path = %1$I, pg_temp AS $$ {body} $$
$made$, current_schema()); END $do$"""
FUNCTIONS: Final = (
    ("eventlog_shift()", "bigint", "sql STABLE", SHIFT),
    ("eventlog_horizon()", "xid8", "plpgsql STABLE", END_OF_FINISHED),
    ("eventlog_stored_xid()", "xid8", "plpgsql SECURITY DEFINER", BEGIN_EPOCH),
)
INSTALLED: Final = tuple(
    FUNCTION.format(name=name, returns=returns, language=language, body=body)
    for name, returns, language, body in FUNCTIONS
)
REMOVED: Final = tuple(f"DROP FUNCTION {name}" for name, *_rest in reversed(FUNCTIONS))
HORIZON: Final = "(SELECT eventlog_horizon())"  # what is below is finished; in a query of its own it is asked once


class Epoch(models.Model):
    """The order goes on in another cluster. Written by the transaction that was the first to store something there."""

    shift = models.BigIntegerField()  # added to the ids of this cluster's transactions
    behind = models.BigIntegerField()  # the newest place of before
    began_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_epochs"
        verbose_name = _("cluster of the store order")
        verbose_name_plural = _("clusters of the store order")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M:%S} +{self.shift}"
