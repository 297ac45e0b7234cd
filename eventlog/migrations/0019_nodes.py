from collections.abc import Iterator
from typing import Any

from django.db import migrations, models
from psycopg2.extras import execute_values

from eventlog.integrity import guards
from eventlog.integrity.merkle import Frontier

AT_ONCE = 10_000
LEAVES = "SELECT place, leaf FROM event_log_entries WHERE place >= %s ORDER BY place LIMIT %s"
UPDATE = "UPDATE event_log_entries e SET nodes = v.nodes FROM (VALUES %s) AS v (place, nodes) WHERE e.place = v.place"


def fill(apps: Any, schema_editor: Any) -> None:
    """Of the entries that there are; every second one has none."""
    using = schema_editor.connection.alias
    with guards.allowing("UPDATE event_log_entries", using=using), schema_editor.connection.cursor() as cursor:
        for rows in nodes(cursor):
            execute_values(cursor.cursor, UPDATE, rows, page_size=1000)


def nodes(cursor: Any) -> Iterator[list[tuple[int, bytes]]]:
    """(place, its nodes) of those that have some."""
    frontier, begin = Frontier(), 0
    while True:
        cursor.execute(LEAVES, [begin, AT_ONCE])
        if not (found := cursor.fetchall()):
            return
        rows = []
        for place, leaf in found:
            completed = frontier.completed(bytes(leaf))
            frontier = frontier.with_completed(completed)
            rows.append((place, b"".join(completed[1:])))
        yield [row for row in rows if row[1]]
        begin = found[-1][0] + 1


class Migration(migrations.Migration):
    dependencies = [
        ("eventlog", "0018_subject_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="logentry",
            name="nodes",
            field=models.BinaryField(default=b""),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
