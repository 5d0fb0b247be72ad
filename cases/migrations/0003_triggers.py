"""Histories that refuse to be changed (PostgreSQL), and the portal's clock as the settings have it at first."""

from django.conf import settings
from django.db import migrations

# The table of each history and of their seals, and what it is called in the error.
HISTORIES = {
    "cases_caseevent": "the history of cases is",
    "cases_accountevent": "the history of accounts is",
    "cases_portalevent": "the history of the portal is",
    "cases_historyseal": "the seals of the history are",
}
REFUSE = """
CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{subject} append-only';
END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only();
"""
ALLOW = """
DROP TRIGGER {table}_append_only ON {table};
DROP FUNCTION {table}_is_append_only();
"""
# Django makes it beside the unique index, for LIKE 'C-…%'. Case numbers are looked up whole, and a wave writes into
# every index that there is.
DROP_LIKE_INDEX = "DROP INDEX IF EXISTS cases_case_external_case_id_a466fe3e_like"


def protect_histories(apps, schema_editor):
    """PostgreSQL: refuse UPDATE and DELETE on each history."""
    if schema_editor.connection.vendor == "postgresql":
        for table, subject in HISTORIES.items():
            schema_editor.execute(REFUSE.format(table=table, subject=subject))


def release_histories(apps, schema_editor):
    """The way back."""
    if schema_editor.connection.vendor == "postgresql":
        for table in HISTORIES:
            schema_editor.execute(ALLOW.format(table=table))


def drop_like_index(apps, schema_editor):
    """PostgreSQL: drop the index that nothing uses."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP_LIKE_INDEX)


def store_clock(apps, schema_editor):
    """The portal begins with the clock of its settings; `manage.py change_time_zone` changes it."""
    apps.get_model("cases", "PortalClock").objects.using(schema_editor.connection.alias).create(
        time_zone=settings.TIME_ZONE, release_time_of_day=settings.RELEASE_TIME_OF_DAY
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_tables")]

    operations = [
        migrations.RunPython(protect_histories, release_histories),
        migrations.RunPython(drop_like_index, migrations.RunPython.noop),
        migrations.RunPython(store_clock, migrations.RunPython.noop),
    ]
