"""RELEASE_ANSWER_IN_EMAIL: off by default, because mail is not a safe place."""

import re
import uuid

import pytest

from cases.delivery.email_batch import EmailBatch, EmailContext
from cases.delivery.email_kinds import KINDS
from cases.delivery.release_email import MAX_WITH_ANSWERS
from cases.models import OutgoingEmail
from tests.factories import CaseAnswerFactory, CaseFactory

pytestmark = pytest.mark.django_db

ANSWER = "Dear Mia,\n\n**yes** <b>& more</b>."


def message_about(member, cases):
    """Render the email that tells `member` of `cases`."""
    batch = EmailBatch(
        claim=uuid.uuid4(),
        kind=OutgoingEmail.Kind.RELEASED,
        group=uuid.uuid4(),
        message_id="<released@example.com>",
        recipient_id=member.pk,
        address=member.email,
        deferrals=0,
        row_ids=tuple(range(len(cases))),
        case_ids=tuple(case.pk for case in cases),
        release_numbers=tuple(case.release_number for case in cases),
        payload=None,
    )
    return KINDS[batch.kind].render(batch, EmailContext.load([batch])).message


def released(member, count):
    """Return the parts of the email about `count` cases with answers."""
    cases = CaseFactory.create_batch(count, member=member, released=True)
    for number, case in enumerate(cases):
        CaseAnswerFactory(case=case, text=f"{ANSWER} ({number})")
    message = message_about(member, cases)
    return message.body, message.alternatives[0][0], message


def test_it_is_not_in_the_email_by_default(member):
    plain, html, message = released(member, 1)
    assert "yes" not in plain + html + message.subject


def test_it_is_there_where_the_portal_says_so(member, settings):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    plain, html, message = released(member, 1)
    assert f"{ANSWER} (0)" in plain
    assert "<strong>yes</strong> &lt;b&gt;&amp; more&lt;/b&gt;. (0)" in html
    assert "yes" not in message.subject


HOSTILE = """# Yes

* [form](https://example.com/form)
* [click](javascript:alert(1)) ![](https://example.com/seen.png)

<img src=x onerror=alert(1)> <style>body { display: none }</style>"""


@pytest.mark.parametrize("count", [1, 2])
def test_it_looks_as_on_the_page_and_brings_nothing_that_runs_or_loads(count, member, settings, client):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    cases = CaseFactory.create_batch(count, member=member, released=True)
    for case in cases:
        CaseAnswerFactory(case=case, text=HOSTILE)
    message = message_about(member, cases)
    html = message.alternatives[0][0]
    client.force_login(member)
    page = client.get(f"/cases/{cases[0].pk}/").content.decode()
    (answer,) = re.findall(r'<div class="prose answer" dir="auto">(.*?)</div>', page, re.DOTALL)
    assert html.count(answer) == count
    assert "<h3>Yes</h3>" in answer
    assert 'href="https://example.com/form"' in answer
    body = html.partition("</head>")[2]
    assert not re.search(r"<(img|style|script)|href=\"javascript", body)
    assert message.body.count(HOSTILE) == count


def test_each_of_a_few_cases_brings_its_own(member, settings):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    plain, html, _message = released(member, MAX_WITH_ANSWERS)
    for number in range(MAX_WITH_ANSWERS):
        assert f"({number})" in plain
        assert f"({number})" in html


def test_an_email_about_many_cases_has_none(member, settings):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    plain, html, _message = released(member, MAX_WITH_ANSWERS + 1)
    assert "yes" not in plain + html


def test_an_empty_answer_adds_nothing(member, settings):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    without, empty = CaseFactory.create_batch(2, member=member, released=True)
    CaseAnswerFactory(case=empty, text="")
    for case in (without, empty):
        assert "Your answer:" not in message_about(member, [case]).body


def test_what_is_not_released_is_not_even_read(member, settings):
    settings.RELEASE_ANSWER_IN_EMAIL = True
    case = CaseFactory(member=member, scheduled=True)
    CaseAnswerFactory(case=case)
    assert message_about(member, [case]) is None


@pytest.mark.parametrize("is_on", [False, True])
def test_it_takes_no_statement_more(is_on, member, settings, django_assert_num_queries):
    settings.RELEASE_ANSWER_IN_EMAIL = is_on
    cases = CaseFactory.create_batch(3, member=member, released=True)
    for case in cases[:2]:
        CaseAnswerFactory(case=case)
    with django_assert_num_queries(2):
        message_about(member, cases)
