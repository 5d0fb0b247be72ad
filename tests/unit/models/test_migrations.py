"""Migrations: they run years later, and while the portal is in use."""

import ast
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from django.apps.registry import Apps
from django.db import connection

from cases.models import text_limits
from tests import migration_lint
from tests.migration_lint import MIGRATIONS

# The product's own packages. Renaming something in them must not break a migration.
PRODUCT = {"cases", "portal", "tasks", "deploy", "tests"}


def imported(path: Path) -> set[str]:
    """Return the packages that the module at `path` imports from."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    # A relative import has no module or a level: it is one of the product's own.
    others = {"cases" if node.level else str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | others}


@pytest.mark.parametrize("path", sorted(MIGRATIONS.glob("[0-9]*.py")), ids=lambda path: path.stem)
def test_no_migration_imports_code_of_the_product(path):
    assert not imported(path) & PRODUCT


@pytest.fixture
def seed(settings, monkeypatch, tmp_path):
    """Add a migration with these operations to a copy of the portal's. Return its name."""

    def seed_(operations: str) -> str:
        package = tmp_path / "seeded_migrations"
        shutil.copytree(MIGRATIONS, package, ignore=shutil.ignore_patterns("__pycache__"))
        last = sorted(path.stem for path in package.glob("[0-9]*.py"))[-1]
        (package / "9999_seeded.py").write_text(
            textwrap.dedent(f"""
                from django.db import migrations, models


                class Migration(migrations.Migration):
                    dependencies = [("cases", "{last}")]
                    operations = [{operations}]
            """)
        )
        monkeypatch.syspath_prepend(tmp_path)
        settings.MIGRATION_MODULES = settings.MIGRATION_MODULES | {"cases": "seeded_migrations"}
        return "9999_seeded"

    yield seed_
    for name in [name for name in sys.modules if name.startswith("seeded_migrations")]:
        del sys.modules[name]


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ('migrations.RemoveField("case", "title")', "DROPPING columns"),
        ('migrations.RenameField("case", "title", "subject")', "RENAMING columns"),
        ('migrations.AddField("case", "weight", models.IntegerField(default=1))', "NOT NULL constraint"),
        ('migrations.AlterField("case", "title", models.IntegerField())', "ALTERING columns"),
        ('migrations.DeleteModel("CaseNote")', "DROPPING table"),
        ('migrations.AddIndex("case", models.Index(name="of_title", fields=["title"]))', "CREATE INDEX locks table"),
        ('migrations.RemoveIndex("case", "case_held")', "DROP INDEX locks table"),
    ],
    ids=["remove", "rename", "not null", "another type", "drop table", "index", "drop index"],
)
def test_a_migration_that_the_running_portal_does_not_survive_is_refused(seed, operation, reason, capsys):
    assert not migration_lint.is_safe(seed(operation))
    assert reason in capsys.readouterr().out


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_migration_that_only_adds_passes_in_silence(seed, capsys):
    assert migration_lint.is_safe(seed('migrations.AddField("case", "weight", models.IntegerField(null=True))'))
    assert not capsys.readouterr().out


def test_each_migration_but_the_accepted_ones_is_linted(tmp_path):
    for name in (*migration_lint.ACCEPTED, "0007_later", "0006_next", "__init__"):
        (tmp_path / f"{name}.py").touch()
    assert migration_lint.new_migrations(tmp_path) == ["0006_next", "0007_later"]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_texts_have_no_limits_to_keep_before_the_first_migration():
    text_limits.keep_text_limits(using="default", apps=Apps())
    with connection.cursor() as cursor:
        assert not cursor.execute(text_limits.TRIGGERS).fetchall()
