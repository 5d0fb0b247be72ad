"""History that refuses to be changed."""

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


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        migrations.RunPython(on_postgresql(REFUSE), on_postgresql(ALLOW)),
    ]
