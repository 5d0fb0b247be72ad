"""Documents shown in the page: in a sandbox of their own, and recorded apart from downloads."""

import pytest

from cases.models import FirstView
from cases.selectors.release_evidence import release_evidence
from tests.factories import CaseDocumentFactory, CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("is about answers; the tests of first views have both")]


@pytest.fixture
def case(member):
    return CaseFactory(member=member, released=True)


def view_of(document, part="view"):
    return f"/cases/{document.case_id}/documents/{document.pk}/{part}/"


def test_the_file_runs_nothing_and_only_our_page_frames_it(client, member, case):
    document = CaseDocumentFactory(case=case, name='Renté "final"\n€.pdf')
    client.force_login(member)
    answer = client.get(view_of(document, "content"))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 secret"
    policy = {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}
    assert policy == {"sandbox", "default-src 'none'", "frame-ancestors 'self'"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline; filename*=utf-8''Rent%C3%A9")
    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    page = client.get(view_of(document))
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("content_type", "shown"),
    [("application/pdf", "<iframe"), ("image/png", "<img class"), ("image/jpeg", "<img class"), ("text/plain", "")],
)
def test_what_browsers_show_is_shown_and_the_rest_downloaded(content_type, shown, client, member, case):
    document = CaseDocumentFactory(case=case, content_type=content_type)
    client.force_login(member)
    for part in ("view", "content"):
        if not shown:
            assert client.get(view_of(document, part)).url == f"/cases/{case.pk}/documents/{document.pk}/"
    if shown:
        page = client.get(view_of(document)).content.decode()
        assert f'{shown}="viewer' in page or f'{shown} class="viewer' in page
        assert f'href="/cases/{case.pk}/documents/{document.pk}/" download' in page


def test_viewed_and_downloaded_are_two_facts(client, member, technician, case):
    report, own = CaseDocumentFactory(case=case), CaseDocumentFactory(case=case, submission=True)
    client.force_login(technician)
    client.get(view_of(report, "content"))
    client.force_login(member)
    client.get(view_of(report))
    client.get(view_of(own, "content"))
    assert not FirstView.objects.exists()
    client.get(view_of(report, "content"))
    client.get(view_of(report, "content"))
    assert list(FirstView.objects.values_list("kind", flat=True)) == ["viewed"]
    case.refresh_from_db()
    assert case.first_viewed_at
    known = release_evidence(case, 1)
    assert "Report first viewed" in [str(fact.what) for fact in known.facts]
    assert "The member hasn't downloaded any documents from this release." in map(str, known.lacking)
