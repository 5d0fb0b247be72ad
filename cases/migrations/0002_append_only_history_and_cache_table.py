"""History that refuses to be changed, and the table of the cache."""

from django.core.management import call_command
from django.db import migrations

REFUSE = """
CREATE FUNCTION cases_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of cases is append-only';
END $$;
CREATE TRIGGER cases_releaseevent_append_only BEFORE UPDATE OR DELETE ON cases_releaseevent
    FOR EACH ROW EXECUTE FUNCTION cases_history_is_append_only();
"""
ALLOW = """
DROP TRIGGER cases_releaseevent_append_only ON cases_releaseevent;
DROP FUNCTION cases_history_is_append_only();
"""


def on_postgresql(sql):
    """A migration step that runs `sql` on PostgreSQL and nothing elsewhere."""

    def step(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return step


def create_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunPython(on_postgresql(REFUSE), on_postgresql(ALLOW)),
        migrations.RunPython(create_cache_table, migrations.RunPython.noop),
    ]
