"""Pages of lists that change between the count and the rows."""

import pytest
from django.core.paginator import EmptyPage

from cases.models import Case
from cases.selectors.pagination import PER_PAGE, CappedPaginator
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def test_what_is_released_after_the_count_pushes_nothing_off_the_page(member):
    """Members who visited during a wave once found their oldest case missing."""
    old = CaseFactory(member=member, released=True)
    paginator = CappedPaginator(Case.objects.visible_to(member))
    new = CaseFactory(member=member, released=True)
    assert list(paginator.get_page(1)) == [new, old]


def test_each_case_is_on_one_page(member):
    made = CaseFactory.create_batch(PER_PAGE + 3, member=member, released=True)
    paginator = CappedPaginator(Case.objects.visible_to(member))
    first, second = (list(paginator.page(number)) for number in paginator.page_range)
    assert (len(first), len(second)) == (PER_PAGE, 3)
    assert [*first, *second] == made[::-1]


def test_there_is_a_first_page_of_nothing_and_no_second(member):
    paginator = CappedPaginator(Case.objects.visible_to(member))
    assert list(paginator.page(1)) == []
    with pytest.raises(EmptyPage):
        paginator.page(2)
