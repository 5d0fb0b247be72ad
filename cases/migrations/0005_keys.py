"""Foreign keys of what a wave of releases writes, which PostgreSQL does not check row by row.

It would check a foreign key for each row that is written, and with five of them on the rows of a release that was a
fourth of a wave. Here they are checked for all rows of a statement at a time (docs/adr/0008-keys-checked-by-statement.md).
"""

from django.db import migrations

CASES, PEOPLE = "cases_case", "cases_user"
# The tables that a wave writes into: for each column, the table that it points into.
CHECKED = {
    "cases_caseevent": {"case_id": CASES},
    "cases_outgoingemail": {"case_id": CASES, "recipient_id": PEOPLE},
    "cases_notification": {"case_id": CASES, "recipient_id": PEOPLE},
}

DROP_KEY = """
DO $$
DECLARE key name;
BEGIN
    SELECT conname INTO STRICT key FROM pg_constraint
    WHERE contype = 'f' AND conrelid = '{child}'::regclass AND confrelid = '{parent}'::regclass
      AND conkey = ARRAY[(SELECT attnum FROM pg_attribute
                          WHERE attrelid = '{child}'::regclass AND attname = '{column}')];
    EXECUTE 'ALTER TABLE {child} DROP CONSTRAINT ' || quote_ident(key);
END $$;
"""
# Asked for each key by itself, so that the plan is a probe of the primary key whatever the size of the tables was when
# it was made. The rows stay locked as a foreign key locks them: who deletes one waits, and then finds what points
# to it.
CHECK = """
    SELECT written.{column} INTO missing
    FROM (SELECT DISTINCT {column} FROM written WHERE {column} IS NOT NULL) AS written
    WHERE (SELECT true FROM {parent} WHERE id = written.{column} FOR KEY SHARE) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = '{child} points to a row of {parent} that is not there',
            DETAIL = 'Key (id)=(' || missing || ').', TABLE = '{child}', CONSTRAINT = '{child}_{column}_is_there';
    END IF;
"""
# Of a row whose key is changed, which nothing of the portal does.
CHECK_ONE = """
    PERFORM FROM {parent} WHERE id = NEW.{column} FOR KEY SHARE;
    IF NOT FOUND AND NEW.{column} IS NOT NULL THEN
        RAISE foreign_key_violation USING
            MESSAGE = '{child} points to a row of {parent} that is not there',
            DETAIL = 'Key (id)=(' || NEW.{column} || ').', TABLE = '{child}', CONSTRAINT = '{child}_{column}_is_there';
    END IF;
"""
CHECK_WRITTEN = """
CREATE FUNCTION {child}_keys_are_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
{checks}
    RETURN NULL;
END $$;
CREATE TRIGGER {child}_keys AFTER INSERT ON {child} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION {child}_keys_are_there();

CREATE FUNCTION {child}_key_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{checks_of_one}
    RETURN NULL;
END $$;
CREATE TRIGGER {child}_key AFTER UPDATE OF {columns} ON {child}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {child}_key_is_there();
"""
KEEP = """
    IF EXISTS (SELECT FROM gone JOIN {child} ON {child}.{column} = gone.id) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a row of {child} points to a row of {parent}', TABLE = '{parent}',
            CONSTRAINT = '{child}_{column}_is_there';
    END IF;
"""
# TRUNCATE with CASCADE follows foreign keys alone.
KEEP_ALL = """
    IF EXISTS (SELECT FROM {child} WHERE {column} IS NOT NULL) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'rows of {child} point to {parent}: truncate both', TABLE = '{parent}',
            CONSTRAINT = '{child}_{column}_is_there';
    END IF;
"""
KEEP_PARENTS = """
CREATE FUNCTION {parent}_is_pointed_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{checks}
    RETURN NULL;
END $$;
CREATE TRIGGER {parent}_is_pointed_to AFTER DELETE ON {parent} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION {parent}_is_pointed_to();

CREATE FUNCTION {parent}_is_needed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{checks_of_all}
    RETURN NULL;
END $$;
CREATE TRIGGER {parent}_is_needed AFTER TRUNCATE ON {parent}
    FOR EACH STATEMENT EXECUTE FUNCTION {parent}_is_needed();
"""
BACK = """
DROP TRIGGER {table}_{trigger} ON {table};
DROP FUNCTION {table}_{function}();
"""
KEY = """
ALTER TABLE {child} ADD CONSTRAINT {child}_{column}_fk FOREIGN KEY ({column}) REFERENCES {parent} (id)
    DEFERRABLE INITIALLY DEFERRED;
"""


def check_by_statement(apps, schema_editor):
    """PostgreSQL: put triggers in the place of the foreign keys."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for child, keys in CHECKED.items():
        for column, parent in keys.items():
            schema_editor.execute(DROP_KEY.format(child=child, column=column, parent=parent))
        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in keys)
        checks, checks_of_one = (
            "".join(check.format(child=child, column=column, parent=parent) for column, parent in keys.items())
            for check in (CHECK, CHECK_ONE)
        )
        parts = {"checks": checks, "checks_of_one": checks_of_one, "columns": ", ".join(keys), "changed": changed}
        schema_editor.execute(CHECK_WRITTEN.format(child=child, **parts))
    for parent in (CASES, PEOPLE):
        pointing = [(child, column) for child, keys in CHECKED.items() for column, to in keys.items() if to == parent]
        checks, checks_of_all = (
            "".join(check.format(child=child, column=column, parent=parent) for child, column in pointing)
            for check in (KEEP, KEEP_ALL)
        )
        schema_editor.execute(KEEP_PARENTS.format(parent=parent, checks=checks, checks_of_all=checks_of_all))


def check_by_row(apps, schema_editor):
    """The way back."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for child, keys in CHECKED.items():
        schema_editor.execute(BACK.format(table=child, trigger="keys", function="keys_are_there"))
        schema_editor.execute(BACK.format(table=child, trigger="key", function="key_is_there"))
        for column, parent in keys.items():
            schema_editor.execute(KEY.format(child=child, column=column, parent=parent))
    for parent in (CASES, PEOPLE):
        for name in ("is_pointed_to", "is_needed"):
            schema_editor.execute(BACK.format(table=parent, trigger=name, function=name))


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_search")]

    operations = [migrations.RunPython(check_by_statement, check_by_row)]
