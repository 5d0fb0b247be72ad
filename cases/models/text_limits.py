"""Limits of stored texts.

In PostgreSQL, the column type enforces the `max_length` of each field. SQLite accepts any text for any type, so there
each table has a trigger for this.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db import connections, models
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

from cases.core import limits

TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(name, '_text_limits_')"


def keep_text_limits(*, using: str, apps: Apps = installed_apps, **signal: Any) -> None:
    """Update the triggers of a SQLite database to match the models.

    Receives `post_migrate`. This runs after every migration, because SQLite recreates a table to alter it, and drops
    its triggers.
    """
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        cursor.execute(TRIGGERS)
        present = dict(cursor.fetchall())
        wanted = dict(_triggers(apps, tables))
        for name in present.keys() - {name for name, sql in wanted.items() if present.get(name) == sql}:
            cursor.execute(f"DROP TRIGGER {name}")
        for name, sql in wanted.items():
            if present.get(name) != sql:
                cursor.execute(sql)


def _triggers(apps: Apps, tables: set[str]) -> Iterator[tuple[str, str]]:
    # An application without tables, before its migrations, is not among `apps`.
    for model in (model for model in apps.get_models() if model._meta.app_label == "cases"):
        table = model._meta.db_table
        fields = [f for f in model._meta.local_concrete_fields if isinstance(f, models.CharField | models.FileField)]
        if not fields or table not in tables:
            continue
        too_long = " OR ".join(f'length(NEW."{field.column}") > {field.max_length}' for field in fields)
        columns = ", ".join(f'"{field.column}"' for field in fields)
        for event in ("INSERT", f"UPDATE OF {columns}"):
            name = f"{table}_text_limits_{event.split()[0].lower()}"
            refusal = f"SELECT RAISE(ABORT, 'CHECK constraint failed: {table}_text_limits')"
            yield name, f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {too_long} BEGIN {refusal}; END"


def facts_limit(name: str, column: str, longest: int = limits.FACTS) -> models.CheckConstraint:
    """Limit the length of the JSON in `column`."""
    text = Cast(column, output_field=models.TextField())
    return models.CheckConstraint(name=name, condition=LessThanOrEqual(Length(text), longest))
