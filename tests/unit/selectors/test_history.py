"""The release history page by page: every entry once and in order, whatever the filter."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import CaseEvent
from cases.selectors import history
from cases.selectors.history import HistoryQuery, exported, history_page
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
START = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)


@pytest.fixture
def cases(db):
    return [CaseFactory(), CaseFactory(), CaseFactory(draft=True)]


def walk(query, user, size):
    """Return the entries of all pages. A page that is not full says that it was cut."""
    page = history_page(query, user, size=size)
    found = [*page.events]
    while page.older:
        assert page.is_cut or len(page.events) == size
        page = history_page(query, user, behind=page.older, size=size)
        found += page.events
    return found


ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 6),  # minutes, several with the same moment
        st.integers(0, 2),  # case
        st.sampled_from(["released", "accepted", "held"]),
        st.sampled_from(["web", "sweep", "api"]),
        st.sampled_from([None, "tom", "ada"]),
    ),
    max_size=25,
)


@given(data=st.data(), entries=ENTRIES, size=st.integers(1, 5), scanned=st.integers(2, 6))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_pages_have_every_entry_once_and_in_order(data, entries, size, scanned, cases, technician, administrator):
    people = {"tom": technician, "ada": administrator}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "SCANNED", scanned)
        # On PostgreSQL, nothing deletes the entries of the previous example, so this one is later than all of them.
        base = CaseEvent.objects.count()
        offset = dt.timedelta(days=base)
        for number, (minutes, case, kind, source, actor) in enumerate(entries):
            CaseEvent.objects.create(
                case=cases[case], kind=kind, source=source, schedule_revision=0, release_number=base + number,
                at=START + offset + minutes * MINUTE, actor=people.get(actor),
                system_actor="" if actor else "sweep",
            )  # fmt: skip
        who = data.draw(st.sampled_from([technician, administrator]))
        asked = HistoryQuery(
            person=data.draw(st.sampled_from([None, technician.pk])),
            kind=data.draw(st.sampled_from(["", "released", "held"])),
            source=data.draw(st.sampled_from(["", "web", "sweep"])),
            case=data.draw(st.sampled_from([None, cases[0].pk])),
            start=START + offset + data.draw(st.integers(0, 3)) * MINUTE,
            end=data.draw(st.sampled_from([None, START + offset + 5 * MINUTE])),
        )
        everything = CaseEvent.objects.order_by("-at", "-pk")
        expected = [event for event in everything if fits(event, asked, who, cases)]
        assert walk(asked, who, size) == expected
        assert [event for chunk in exported(asked, who) for event in chunk] == expected


def fits(event, asked, who, cases) -> bool:
    return (
        (asked.person in (None, event.actor_id))
        and asked.kind in ("", event.kind)
        and asked.source in ("", event.source)
        and (asked.case in (None, event.case_id))
        and event.at >= asked.start
        and (asked.end is None or event.at < asked.end)
        and (who.is_administrator or event.case_id != cases[2].pk)
    )
