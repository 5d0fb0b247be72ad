"""The indexes in which a search looks for words (cases.db.search_index has the same expressions)."""

from django.db import migrations

TABLES = {
    "cases_casewords": (
        "case_id",
        ("member", "title", "description", "submissions", "answer", "reports", "notes"),
    ),
    "cases_personwords": ("person_id", ("names",)),
}
# Without the list of pending entries, which every search would read from end to end.
GIN = """
CREATE INDEX {table}_words ON {table} USING gin (
    array_to_tsvector(string_to_array(ltrim(replace({words}, ' ', ' ' || ("{key}" / 10000)::text || ':')), ' '))
) WITH (fastupdate = off)
"""
# The words are folded already, and no letter outside ASCII is touched. Nobody asks for phrases or columns.
FTS = (
    """
CREATE VIRTUAL TABLE {table}_fts USING fts5(
    {columns}, content='{table}', content_rowid='{key}', tokenize="ascii tokenchars '@'", detail=none, columnsize=0
)
""",
    """
CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN
    INSERT INTO {table}_fts(rowid, {columns}) VALUES (NEW."{key}", {new});
END
""",
    """
CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN
    INSERT INTO {table}_fts({table}_fts, rowid, {columns}) VALUES ('delete', OLD."{key}", {old});
END
""",
    """
CREATE TRIGGER {table}_fts_update AFTER UPDATE ON {table} BEGIN
    INSERT INTO {table}_fts({table}_fts, rowid, {columns}) VALUES ('delete', OLD."{key}", {old});
    INSERT INTO {table}_fts(rowid, {columns}) VALUES (NEW."{key}", {new});
END
""",
)


def make_indexes(apps, schema_editor):
    """Make the indexes of this kind of database."""
    for table, (key, columns) in TABLES.items():
        if schema_editor.connection.vendor == "postgresql":
            words = " || ".join(f'"{column}"' for column in columns)
            schema_editor.execute(GIN.format(table=table, key=key, words=words))
            continue
        names = {
            "columns": ", ".join(f'"{column}"' for column in columns),
            "old": ", ".join(f'OLD."{column}"' for column in columns),
            "new": ", ".join(f'NEW."{column}"' for column in columns),
        }
        for statement in FTS:
            schema_editor.execute(statement.format(table=table, key=key, **names))


def drop_indexes(apps, schema_editor):
    """The way back. PostgreSQL drops its indexes with the tables."""
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            for event in ("insert", "delete", "update"):
                schema_editor.execute(f"DROP TRIGGER {table}_fts_{event}")
            schema_editor.execute(f"DROP TABLE {table}_fts")


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_triggers")]

    operations = [migrations.RunPython(make_indexes, drop_indexes)]
