"""Tables of words, and the indexes in which a search looks for them (cases.db.word_index has the same expressions)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

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


def words(label, longest):
    """A column of words."""
    return models.CharField(blank=True, db_default="", default="", max_length=longest, verbose_name=label)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_pages"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseWords",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="cases.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "member",
                    models.CharField(help_text="The key of the member, marked.", max_length=25, verbose_name="member"),
                ),
                ("title", words("title", 60000)),
                ("description", words("description", 60000)),
                ("submissions", words("submissions", 60000)),
                ("answer", words("answer", 60000)),
                ("reports", words("reports", 60000)),
                ("notes", words("internal notes", 60000)),
            ],
            options={
                "verbose_name": "words of a case",
                "verbose_name_plural": "words of cases",
            },
        ),
        migrations.CreateModel(
            name="PersonWords",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("names", words("names", 2000)),
            ],
            options={
                "verbose_name": "words of a person",
                "verbose_name_plural": "words of people",
            },
        ),
        migrations.RunPython(make_indexes, drop_indexes),
    ]
