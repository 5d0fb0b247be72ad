"""Names of cases, people and files that are one long word, in a window as narrow as a desktop at 400 %."""

import pytest
from django.test import override_settings

from cases.models import Case, CaseDocument, User
from tests.browser.conftest import tab_of, visit
from tests.browser.page_reader import FITS, NARROW
from tests.pages import PAGES, make_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database("is about the look of the pages"),
]

WORD = "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichenpolitur"
PAGES_OF = {
    "member": ("dashboard", "case-released", "document-view", "case-remove-document"),
    "technician": (
        "case-message-refused",
        "preview-released",
        "release-timeline-released",
        "release-evidence",
        "condition-add",
        "calendar-move",
    ),
}


@pytest.mark.parametrize("person", PAGES_OF)
def test_nothing_is_wider_than_the_window(person, chromium, live_server):
    world = make_world()
    Case.objects.update(title=WORD * 2)
    User.objects.update(first_name=WORD[:60], last_name="محمد" * 15)
    CaseDocument.objects.update(name=f"{WORD * 2}.pdf")
    pages = [page for page in PAGES if page.name in PAGES_OF[person] and person in page.people]
    assert len(pages) == len(PAGES_OF[person])
    with override_settings(ROOT_URLCONF="tests.error_urls"), tab_of(chromium, live_server.url, world, person) as tab:
        tab.set_viewport_size({"width": NARROW, "height": 700})
        for page in pages:
            visit(tab, page, world, person)
            assert tab.evaluate(FITS) == [True, True], page.name
