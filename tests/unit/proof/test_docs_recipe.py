"""The recipe in docs/history.md, which does not use the program, computes the same head."""

import datetime as dt
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from cases.models import AccountEvent, CaseEvent, HistorySeal, PortalEvent
from cases.proof.sealing import seal_history
from tests.factories import CaseFactory, UserFactory
from tests.unit.lifecycle.test_history import event

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

DOCUMENT = (Path(settings.BASE_DIR) / "docs" / "history.md").read_text()
(SCRIPT,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
EXPORTS = re.findall(r'-c "(SELECT .*?)" > (\w+\.jsonl)', DOCUMENT)


def by_hand(folder: Path) -> list[str]:
    for statement, name in EXPORTS:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
            cursor.execute(statement.replace("row_to_json(e)", "row_to_json(e)::text").replace("(s)", "(s)::text"))
            (folder / name).write_text("".join(f"{line}\n" for (line,) in cursor.fetchall()))
    found = subprocess.run([sys.executable, "-I", "-c", SCRIPT], cwd=folder, capture_output=True, text=True, check=True)
    return found.stdout.splitlines()


def test_it_comes_to_the_same_head_and_finds_a_change(tmp_path):
    now = dt.datetime(2025, 6, 11, 12, 0, 0, 120000, tzinfo=dt.UTC)
    case = CaseFactory()
    for columns in (
        {"reason": "“é”\n\t\\x41", "details": {"z": 1, "ab": [1.5, None, "é"]}, "at": now, "woken_at": now},
        {"from_date": dt.date(2025, 6, 1), "from_time": dt.time(9, 30), "release_batch": uuid.uuid4()},
    ):
        event(case=case, **columns).save()
    AccountEvent.objects.create(person=UserFactory(), kind="corrected", at=now, system_actor="a test")
    PortalEvent.objects.create(kind="clock_changed", source="command", at=now, system_actor="a test")
    seal_history()
    assert by_hand(tmp_path) == [seal.head for seal in HistorySeal.objects.order_by("number")]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    CaseEvent.objects.filter(release_batch__isnull=False).update(reason="forged")
    assert by_hand(tmp_path)[0] == "The entries of seal 1 were changed."
