"""Search words that are rebuilt while a verb writes newer ones: threads with transactions, on PostgreSQL."""

import pytest

from cases.accounts import people
from cases.casework import drafts
from cases.maintenance import rebuild_search
from cases.models import CaseWords, PersonWords
from tests.factories import CaseFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

written = pytest.mark.parametrize("are_written", [True, False], ids=["again", "first"])


@written
def test_the_words_of_a_case_stay_those_of_its_latest_text(are_written, member):
    case = CaseFactory(draft=True, member=member, title="Early", description="Before")
    if not are_written:
        CaseWords.objects.all().delete()
    later = {"title": "Later", "description": "After", "urgency": "normal"}
    with held_open(lambda: drafts.edit(case=case, by=member, **later)):
        rebuild = Thread(lambda: rebuild_search.rebuild_cases([case.pk]))
        somebody_waits_for_a_lock()
    rebuild.result()
    words = CaseWords.objects.get()
    assert words.title.endswith(" later")
    assert words.description == " after"


@written
def test_the_words_of_a_person_stay_those_of_the_latest_name(are_written, member, administrator):
    if not are_written:
        PersonWords.objects.all().delete()
    names = {"email": "new@example.com", "first_name": "Noël", "last_name": "Müller"}
    with held_open(lambda: people.correct(person=member, by=administrator, **names)):
        rebuild = Thread(lambda: rebuild_search.rebuild_people([member.pk, administrator.pk]))
        somebody_waits_for_a_lock()
    rebuild.result()
    assert PersonWords.objects.get(person=member).names == " mia noel muller new"
    assert PersonWords.objects.get(person=administrator).names == " ada"
