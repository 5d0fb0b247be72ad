"""Any change to sealed history is detected, and untouched history always verifies."""

import datetime as dt
import uuid
from collections import defaultdict
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.delivery import outbox
from cases.models import AccountEvent, CaseEvent, HistorySeal, OutgoingEmail, PortalEvent
from cases.proof import hashing, publishing, sealing
from cases.proof.sealing import last_cut, seal_history
from cases.proof.verification import Finding, Head, Problem, Verification
from tasks.history import seal_history as seal_task
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
A_FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
# Every other key is unused, as after a transaction that was rolled back.
KEYS = range(10, 34, 2)
BATCHES = [uuid.UUID(int=number) for number in range(3)]


def case_event(case, key: int, **columns: Any) -> CaseEvent:
    values = {"kind": "accepted", "source": "web", "schedule_revision": 0, "system_actor": "a test", "at": NOW}
    return CaseEvent(pk=key, case=case, **(values | columns))


@pytest.fixture
def sealed(monkeypatch) -> None:
    """Twelve entries of a case, two of an account and one of the portal, under five seals or more."""
    monkeypatch.setattr(sealing, "SEALED_TOGETHER", 4)
    case, person = CaseFactory(), UserFactory()
    batches = [None, BATCHES[0], None, BATCHES[0], BATCHES[1], *[None] * 7]
    CaseEvent.objects.bulk_create(
        case_event(case, key, reason=f"№ {key}", details={"b": 1, "a": [key]}, release_batch=batch)
        for key, batch in zip(KEYS, batches, strict=True)
    )
    AccountEvent.objects.bulk_create(
        AccountEvent(pk=key, person=person, kind="corrected", at=NOW, system_actor="a test") for key in (1, 2)
    )
    PortalEvent.objects.create(pk=1, kind="clock_changed", source="command", at=NOW, system_actor="a test")
    assert seal_history() == 15
    assert HistorySeal.objects.count() > 4


@pytest.fixture
def head_kept(sealed) -> Head:
    return Head.of(HistorySeal.objects.first().head)


@pytest.fixture
def tampering() -> Any:
    """Have no trigger refuse the changes in the block, and undo them at its end."""

    class Tampering:
        def __enter__(self) -> None:
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            run("SET LOCAL session_replication_role = replica")

        def __exit__(self, *error: Any) -> None:
            run("SET LOCAL session_replication_role = DEFAULT")
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    return Tampering()


def run(sql: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql)


def findings(*heads: Head) -> list[Finding]:
    return list(Verification(heads))


def fields_of(model: type[models.Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if not field.primary_key]


def another(field: models.Field, value: Any) -> Any:
    """Return a value that the column can hold, other than `value`."""
    if field.choices:
        return next(choice for choice, _ in field.choices if choice != value)
    kinds = {
        models.DateTimeField: lambda: (value or NOW) + dt.timedelta(microseconds=1),
        models.DateField: lambda: dt.date(2025, 1, 1),
        models.TimeField: lambda: dt.time(9),
        models.UUIDField: lambda: uuid.UUID(int=99),
        models.JSONField: lambda: {"b": 1},
        models.BinaryField: lambda: bytes(value[:-1]) + bytes([value[-1] ^ 1]),
        models.CharField: lambda: f"{value}x"[-(field.max_length or 0) :],
        models.TextField: lambda: f"{value}x",
        models.Field: lambda: (value or 0) + 1,
    }
    return next(make for kind, make in kinds.items() if isinstance(field, kind))()


def change(row: models.Model, name: str) -> None:
    field = row._meta.get_field(name)
    new = {field.attname: another(field, getattr(row, field.attname))}
    if name == "actor":
        new["system_actor"] = ""
    type(row).objects.filter(pk=row.pk).update(**new)


def test_untouched_history_verifies(head_kept):
    every = [Head(seal.number, seal.digest) for seal in HistorySeal.objects.all()]
    run = Verification(every)
    assert list(run) == []
    assert (run.entries, run.unsealed(), run.last.head) == (15, 0, f"{head_kept.number}-{head_kept.digest}")


@pytest.mark.parametrize("name", fields_of(CaseEvent))
def test_a_changed_column_names_its_entry(sealed, tampering, name):
    with tampering:
        change(CaseEvent.objects.get(pk=16), name)
        assert [(each.problem, each.history, each.key) for each in findings()] == [(Problem.CHANGED, "cases", 16)]


@given(data=st.data())
@A_FEW
def test_random_tampering_is_always_found(data, head_kept, tampering):
    model, history = data.draw(st.sampled_from([(m, h) for h, m in hashing.HISTORIES.items()]))
    key = data.draw(st.sampled_from(sorted(model.objects.values_list("pk", flat=True))))
    row = model.objects.get(pk=key)
    name = data.draw(st.sampled_from(fields_of(model)))
    kind = data.draw(st.sampled_from(["change", "remove", "add", "move"]))
    free = data.draw(st.sampled_from([-1, *(at for at in range(1, key) if not model.objects.filter(pk=at).exists())]))
    with tampering:
        if kind == "change":
            change(row, name)
            expected = {(Problem.CHANGED, key)}
        elif kind == "add":
            row.pk = free
            model.objects.bulk_create([row])
            expected = {(Problem.ADDED, free)}
        else:
            model.objects.filter(pk=key)._raw_delete("default")
            expected = {(Problem.REMOVED, key)}
            if kind == "move":
                row.pk = free
                model.objects.bulk_create([row])
                expected |= {(Problem.ADDED, free)}
        assert {(each.problem, each.key) for each in findings()} == expected
        assert {each.history for each in findings()} == {history}


@given(data=st.data())
@A_FEW
def test_a_seal_that_was_tampered_with_is_found(data, head_kept, tampering):
    number = data.draw(st.integers(1, head_kept.number))
    name = data.draw(st.sampled_from(["", *fields_of(HistorySeal)]))
    with tampering:
        if name:
            change(HistorySeal.objects.get(pk=number), name)
            assert number in {each.number for each in findings() if each.problem is Problem.SEAL_CHANGED}
        else:
            HistorySeal.objects.filter(pk=number)._raw_delete("default")
            missing = Problem.CUT_OFF if number == head_kept.number else Problem.SEALS_MISSING
            assert [(each.problem, each.number) for each in findings(head_kept)] == [(missing, number)]


@pytest.mark.parametrize("first", [1, 3])
def test_a_rewritten_chain_fits_itself_and_not_the_head_that_was_kept(head_kept, tampering, first):
    with tampering:
        CaseEvent.objects.filter(pk=32).update(reason="I never said that")
        HistorySeal.objects.filter(number__gte=first)._raw_delete("default")
        seal_history()
        assert findings() == []
        assert findings(head_kept) == [Finding(Problem.REWRITTEN, head_kept.number)]


@pytest.mark.sqlite
def test_what_is_no_value_of_its_column_is_a_change(sealed):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_caseevent SET at = 'yesterday' WHERE id = 16")
        cursor.execute("UPDATE cases_caseevent SET from_date = '2025-13-45' WHERE id = 20")
    assert [(each.problem, each.key) for each in findings()] == [(Problem.CHANGED, 16), (Problem.CHANGED, 20)]


@given(
    steps=st.lists(st.tuples(st.lists(st.sampled_from([None, *BATCHES]), max_size=7), st.booleans()), max_size=6),
    together=st.integers(3, 9),
)
@A_FEW
def test_any_history_verifies_and_no_batch_is_parted(steps, together, tampering):
    """Batches are interleaved, as several workers write them, and end before they are sealed."""
    with tampering, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "SEALED_TOGETHER", together)
        case, key = CaseFactory(), 0
        for number, (batches, is_sealed) in enumerate(steps):
            for batch in batches:
                key += 1
                own = uuid.UUID(int=batch.int + 10 * number) if batch else None
                case_event(case, key, release_batch=own).save(force_insert=True)
            if is_sealed:
                seal_history()
        seal_history()
        run = Verification()
        assert list(run) == []
        assert (run.entries, run.unsealed()) == (key, 0)
        seals: dict[uuid.UUID, set[int]] = defaultdict(set)
        for seal in HistorySeal.objects.all():
            for entry in CaseEvent.objects.filter(pk__in=hashing.unpack(bytes(seal.entries))):
                seals[entry.release_batch].add(seal.number)
        is_coverable = max((len(batches) for batches, _ in steps), default=0) <= together
        assert not is_coverable or all(len(under) == 1 for batch, under in seals.items() if batch)


@given(
    batches=st.lists(st.sampled_from([None, *BATCHES]), max_size=8),
    continued=st.sets(st.sampled_from(BATCHES)),
)
def test_the_last_cut_parts_no_batch_and_is_the_last(batches, continued):
    def parts(cut: int) -> bool:
        before, behind = set(batches[:cut]) - {None}, set(batches[cut:]) | continued
        return bool(before & behind)

    assert last_cut(batches, continued) == max(cut for cut in range(len(batches) + 1) if not parts(cut))


def test_what_an_entry_is_sealed_as_never_changes():
    """Otherwise, earlier seals no longer verify. A new column allows NULL, and NULL is left out."""
    row = case_event(CaseFactory(), 7, reason="“é”", details={"b": 1, "a": None}, from_time=dt.time(9, 30))
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    assert hashing.canonical(columns | {"case_id": 5}) == (
        rb'{"at":"2025-06-11T12:00:00.000000+00:00","case_id":5,"details":{"a":null,"b":1},"from_status":"",'
        rb'"from_time":"09:30:00.000000","id":7,"kind":"accepted","reason":"\u201c\u00e9\u201d","release_number":0,'
        rb'"schedule_revision":0,"source":"web","system_actor":"a test","to_status":""}'
    )


@pytest.mark.postgresql
def test_postgresql_refuses_to_change_or_delete_a_seal(sealed):
    for sql in ("UPDATE cases_historyseal SET digest = ''", "DELETE FROM cases_historyseal"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(sql)


def test_of_two_processes_that_seal_one_has_its_turn_later(sealed, monkeypatch):
    last = HistorySeal.objects.get(number=2)
    assert sealing._append(last, "cases", 40, [(40, bytes(32))]) == 0
    assert findings() == []


# --- The head ---------------------------------------------------------------------------------------------------------


def test_the_head_is_published_once_a_day_and_only_a_new_one(sealed, administrator, tmp_path, settings):
    settings.HISTORY_HEAD_FILE = str(tmp_path / "heads")
    morning = HistorySeal.objects.first().at
    first = publishing.publish_head(morning)
    assert first == HistorySeal.objects.first().head
    assert publishing.publish_head(morning) is None, "today's is out"
    assert publishing.publish_head(morning + dt.timedelta(days=1)) is None, "nothing new"
    AccountEvent.objects.create(pk=3, person=administrator, kind="corrected", at=NOW, system_actor="a test")
    seal_history()
    assert publishing.publish_head(morning) is None, "one a day"
    second = publishing.publish_head(HistorySeal.objects.first().at + dt.timedelta(days=2))
    kept = (tmp_path / "heads").read_text().splitlines()
    assert [line.split()[-1] for line in kept] == [first, second]
    assert not OutgoingEmail.objects.exists()
    call_command("verify_history", heads_from=str(tmp_path / "heads"))


@pytest.mark.parametrize("content", ["", "\n \n"], ids=["nothing", "blanks"])
def test_a_file_without_a_head_proves_nothing(content, sealed, tmp_path):
    (tmp_path / "heads").write_text(content)
    with pytest.raises(CommandError, match="There is no head in"):
        call_command("verify_history", heads_from=str(tmp_path / "heads"))


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing", "No such file or directory"), (".", "Is a directory"), ("picture", "isn't a text file")],
)
def test_a_file_that_cannot_be_read_is_said_in_a_sentence(name, said, tmp_path):
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    file = str(tmp_path / name)
    with pytest.raises(CommandError) as refused:
        call_command("verify_history", heads_from=file)
    assert said in str(refused.value)
    assert file in str(refused.value)
    assert str(refused.value).endswith(" Give the file that keeps the heads.")
    assert "Errno" not in str(refused.value)


def test_an_empty_name_of_a_file_is_refused():
    """An unset variable in a script must not make the run report success."""
    with pytest.raises(CommandError, match="Give the file that keeps the heads"):
        call_command("verify_history", heads_from="")


def test_without_a_file_each_administrator_gets_an_email(sealed, administrator, technician, mailoutbox, settings):
    UserFactory(role="administrator", is_active=False)
    found = publishing.publish_head(dt.datetime.now(dt.UTC))
    outbox.deliver()
    (mail,) = mailoutbox
    assert mail.to == [administrator.email]
    assert f"manage.py verify_history --head {found}" in mail.body


@pytest.mark.parametrize("path", ["nowhere/heads", "", "a file/heads", "n" * 300, "/dev/full"])
def test_a_file_that_cannot_be_written_keeps_nothing_back(
    path, sealed, administrator, tmp_path, settings, caplog, django_capture_on_commit_callbacks
):
    """As in a container with a read-only file system."""
    (tmp_path / "a file").touch()
    settings.HISTORY_HEAD_FILE = str(tmp_path / path)
    now = HistorySeal.objects.first().at
    with django_capture_on_commit_callbacks(execute=True):
        published = seal_task(), publishing.publish_head(now)
    assert published == (0, None), "today's is out, and no task failed"
    assert [email.recipient for email in OutgoingEmail.objects.all()] == [administrator]
    lines = [record for record in caplog.records if isinstance(record.msg, dict)]
    logged = [(line.levelname, line.msg["event"]) for line in lines if line.msg["event"].startswith("history head")]
    assert logged == [("ERROR", "history head file cannot be written"), ("INFO", "history head")]


def test_a_file_that_can_be_written_again_is_written_the_next_day(sealed, administrator, tmp_path, settings):
    file = tmp_path / "later" / "heads"
    settings.HISTORY_HEAD_FILE = str(file)
    assert publishing.publish_head(HistorySeal.objects.first().at)
    file.parent.mkdir()
    AccountEvent.objects.create(pk=3, person=administrator, kind="corrected", at=NOW, system_actor="a test")
    seal_history()
    second = publishing.publish_head(HistorySeal.objects.first().at + dt.timedelta(days=2))
    assert file.read_text().split()[1:] == [second]
    assert OutgoingEmail.objects.count() == 1


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_names_what_does_not_fit(head_kept, tampering, capsys):
    kept = f"{head_kept.number}-{head_kept.digest}"
    call_command("verify_history", "--head", kept)
    out = capsys.readouterr().out
    assert "Read 15 entries" in out
    assert f"Head: {kept}" in out
    with tampering:
        CaseEvent.objects.filter(pk=16).update(reason="forged")
        CaseEvent.objects.filter(pk=20)._raw_delete("default")
        with pytest.raises(CommandError, match="2 problems found"):
            call_command("verify_history", "--head", kept)
    number = CaseEvent.objects.get(pk=16).case.external_case_id
    err = capsys.readouterr().err
    assert f"Entry 16 of the history of cases was changed (case {number})." in err
    assert "Entry 20 of the history of cases was removed." in err


@pytest.mark.parametrize("text", ["", "12", "0-" + "0" * 64, "1-" + "g" * 64])
def test_what_is_no_head_is_refused(text):
    with pytest.raises(CommandError, match="is not a head") as refused:
        call_command("verify_history", head=[text])
    assert refused.value.returncode == 2
