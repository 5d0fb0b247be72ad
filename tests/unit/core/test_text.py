"""Text that people write is stored in one form, is visible, and reverses no sentence around it."""

import re

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.template import Context, Template

from cases import releases
from cases.accounts import people
from cases.casework import assignment, drafts, notes
from cases.core.email_addresses import canonical
from cases.core.errors import CaseError
from cases.core.folding import fold
from cases.core.normalization import MOST_MARKS
from cases.core.text import clean_line, clean_text, isolated, isolated_html
from cases.delivery.release_email import released_message
from cases.documents import file_types
from cases.forms.drafts import DraftForm
from cases.forms.people import InviteForm, SecondFactorForm
from cases.forms.release import ChangeForm
from cases.models import Case, CaseDocument, CaseEvent, CaseNote, User
from tests.factories import CaseDocumentFactory, CaseFactory, UserFactory
from tests.processor_time import seconds_of

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
NEW_EMOJI = "\U0001fae9"
HEBREW = "\u05e9\u05dc\u05d5\u05dd"
INVISIBLE = [
    " ", "\u200b", "\u00a0\u2003", "\u200d\u2060\ufeff", "\u3164\u115f\u2800", "\u0301\ufe0f", "\u202e\u202c",
    "\u00ad", "\U000e0041\U000e0042", "\x07\x1b", "\t\n", "\u2066\u2069",
]  # fmt: skip
VISIBLE = ["a", "\u0627", "1", "?", NEW_EMOJI, FAMILY, "\U0001fb00", "\ue000", "\u200ba", "\u5b57"]
LINES = [
    ("Cafe\u0301", "Caf\u00e9"),
    ("a\nb\r\nc\td", "a b c d"),
    ("a\u2028b\u2029c\x85d", "a b c d"),
    ("a\x00b\x1bc\x7fd\x9be", "abcde"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("\u2066a\u2069 \u202ab\u202c", "a b"),
    ("no\u00a0break \u200e\u0627", "no\u00a0break \u200e\u0627"),
    (f"{FAMILY} {NEW_EMOJI} \ud800", f"{FAMILY} {NEW_EMOJI}"),
]


@pytest.mark.parametrize(("typed", "stored"), LINES, ids=repr)
def test_a_line_is_stored_in_one_form(typed, stored):
    assert clean_line(typed) == stored == clean_line(stored)


@pytest.mark.parametrize("typed", ["", "\x00", "\ud800", *INVISIBLE], ids=ascii)
def test_what_nobody_sees_is_empty(typed):
    assert clean_line(typed) == clean_text(typed) == ""


@pytest.mark.parametrize("typed", VISIBLE, ids=ascii)
def test_what_can_be_seen_is_kept(typed):
    assert clean_line(typed) == clean_text(typed) == typed


def test_several_lines_keep_their_ends():
    assert clean_text(" a\r\nb\rc\u2028d\te\n") == "a\nb\nc\nd\te"


def test_a_pile_of_marks_costs_no_more_than_as_many_letters():
    """Sorting a run of marks, as normalization does, takes the square of its length: a thousand times as long here."""
    pile = "e" + "\u0301" * 10_000 + "\u0316" * 10_000
    others = "e" + "\u302e" * 10_000 + "\U0001d165" * 10_000
    assert len(clean_text(pile)) <= 1 + MOST_MARKS
    assert canonical(f"{pile}@example.com").endswith("@example.com")

    def cleaned(text: str) -> float:
        return seconds_of(lambda: (clean_text(text), fold(text), canonical(f"{text}@example.com")))

    letters = cleaned("e\u0301" * 10_000)
    assert cleaned(pile) < 20 * letters
    assert cleaned(others) < 20 * letters


@pytest.mark.parametrize("pile", ["e" + "\u0344" * 40, "\u0958" + "\u0316" * 40, "e\u0316\u0301" * 2], ids=ascii)
def test_cutting_a_pile_of_marks_again_changes_nothing(pile):
    once = clean_text(pile)
    assert clean_text(once) == once


@pytest.mark.parametrize("word", [HEBREW, f"{HEBREW} 5", "A \u0661", "\u2069\u05d0\u202e"], ids=ascii)
def test_a_word_from_right_to_left_turns_nothing_else(word):
    plain = isolated(word)
    assert (plain[0], plain[-1]) == ("\u2068", "\u2069")
    assert not set(plain[1:-1]) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    page = Template("{% load portal %}{{ word|bdi }} {{ word|isolate }}").render(Context({"word": word}))
    assert page == f"<bdi>{plain[1:-1]}</bdi> {plain}"


@pytest.mark.parametrize(
    ("word", "shown"), [("Tom", "Tom"), ("Jos\u00e9", "Jos\u00e9"), ("x\u202ey", "xy"), ("\u2069\u2068", "")], ids=ascii
)
def test_other_words_need_nothing_around_them(word, shown):
    assert isolated(word) == isolated_html(word) == shown


@pytest.mark.parametrize("word", ["<b>x</b>", "<b>\u05d0</b>"], ids=ascii)
def test_html_is_escaped_all_the_same(word):
    assert "<b>" not in Template("{% load portal %}{{ word|bdi }}").render(Context({"word": word}))


# --- Every way in -----------------------------------------------------------------------------------------------------

LINE_COLUMNS = [(Case, "title"), (User, "first_name"), (User, "last_name"), (CaseDocument, "name")]
FACTORIES = {Case: CaseFactory, User: UserFactory, CaseDocument: CaseDocumentFactory}


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "column"), [*LINE_COLUMNS, (Case, "description")])
def test_every_way_of_writing_a_row_cleans_its_texts(model, column):
    dirty, clean = "Cafe\u0301 \u202e\x07x", "Caf\u00e9 x"
    row = FACTORIES[model](**{column: dirty})
    stored = model.objects.filter(pk=row.pk).values_list(column, flat=True)
    assert getattr(row, column) == clean == stored.get()
    model.objects.filter(pk=row.pk).update(**{column: dirty})
    assert stored.get() == clean
    setattr(row, column, dirty)
    model.objects.bulk_update([row], [column])
    assert stored.get() == clean


@pytest.mark.django_db
@pytest.mark.parametrize("letter", ["\n", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2069"], ids=ascii)
@pytest.mark.parametrize(("model", "column"), [*LINE_COLUMNS, (User, "username")])
def test_the_database_refuses_a_line_that_breaks_or_turns(model, column, letter):
    row = FACTORIES[model]()
    quote = connection.ops.quote_name
    sql = f"UPDATE {quote(model._meta.db_table)} SET {quote(column)} = %s WHERE id = %s"  # noqa: S608
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [f"a{letter}b", row.pk])


@pytest.mark.django_db
@pytest.mark.parametrize("typed", INVISIBLE, ids=ascii)
def test_a_form_takes_what_nobody_sees_for_nothing(typed):
    invited = InviteForm({"email": "x@example.com", "first_name": typed, "last_name": typed, "role": "member"})
    assert invited.is_valid()
    assert (invited.cleaned_data["first_name"], invited.cleaned_data["last_name"]) == ("", "")
    draft = DraftForm({"title": typed, "description": typed, "urgency": "normal"})
    assert set(draft.errors) == {"title"}
    assert draft.cleaned_data["description"] == ""
    assert set(SecondFactorForm({"reason": typed}).errors) == {"reason"}
    change = ChangeForm({"reason": typed})
    assert change.is_valid()
    assert change.cleaned_data["reason"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize("typed", INVISIBLE, ids=ascii)
def test_a_verb_takes_what_nobody_sees_for_nothing(typed, member, technician, administrator):
    draft = drafts.create(by=member, title=typed, description=typed)
    case = CaseFactory(held=True, member=member, assigned_to=technician)
    for verb in (
        lambda: drafts.submit(case=draft, by=member, source="web"),
        lambda: notes.add(case=case, by=technician, text=typed),
        lambda: releases.release_now(case=case, by=administrator, source="web", reason=typed),
        lambda: people.remove_second_factor(person=technician, by=administrator, reason=typed),
    ):
        with pytest.raises(CaseError):
            verb()
    assert not CaseNote.objects.exists()
    assert not CaseEvent.objects.exists()


@pytest.mark.django_db
def test_words_are_cleaned_on_their_way_into_the_history(member, technician, other_technician, administrator):
    case = CaseFactory(member=member, assigned_to=technician)
    said = "Cafe\u0301\r\nat \u202efive"
    assignment.hand_over_case(case=case, to=other_technician, by=administrator, source="web", reason=said)
    notes.add(case=case, by=other_technician, text=said)
    releases.release_now(case=CaseFactory(held=True, member=member), by=administrator, source="web", reason=said)
    assert set(CaseEvent.objects.values_list("reason", flat=True)) == {"Caf\u00e9\nat five"}
    assert CaseNote.objects.get().text == "Caf\u00e9\nat five"


@pytest.mark.django_db
def test_the_api_takes_half_a_character(client, administrator):
    case = CaseFactory(held=True)
    client.force_login(administrator)
    body = r'{"release_option": "now", "reason": "Cafe\u0301 \ud800"}'
    answer = client.post(f"/api/cases/{case.pk}/release/", body, content_type="application/json")
    assert answer.status_code < 500


FILES = [
    ("\u202efdp.exe", "fdp.exe"), ("a\u00a0b.pdf", "a\u00a0b.pdf"), (f"{NEW_EMOJI}.pdf", f"{NEW_EMOJI}.pdf"),
    (f"{FAMILY}.pdf", f"{FAMILY}.pdf"), ("Cafe\u0301.pdf", "Caf\u00e9.pdf"), ("a\u2028b.pdf", "a b.pdf"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "stored"), FILES, ids=ascii)
def test_a_file_is_called_what_can_be_seen(name, stored):
    assert file_types.clean_name(name) == stored


# --- Our sentences ----------------------------------------------------------------------------------------------------


def without_what_stands_alone(page: str) -> str:
    """Return the page without the values of inputs and options, and without isolated text."""
    page = re.sub(r"<option.*?</option>|<input[^>]*>|<textarea.*?</textarea>", "", page, flags=re.S)
    return re.sub(rf"\u2068{HEBREW}[.pdf]*\u2069|<bdi>{HEBREW}[.pdf]*</bdi>", "", page)


@pytest.mark.django_db
def test_pages_and_their_titles_isolate_names_and_titles(client, member, technician, administrator):
    for person in (member, technician, administrator):
        person.last_name = HEBREW
        person.save()
    case = CaseFactory(member=member, assigned_to=technician, title=HEBREW, scheduled=True)
    CaseDocumentFactory(case=case, name=f"{HEBREW}.pdf")
    notes.add(case=case, by=technician, text="Called.")
    assignment.hand_over_case(
        case=case, to=UserFactory(role="technician", last_name=HEBREW), by=administrator, source="web"
    )
    people.correct(person=member, by=administrator, email="m@example.com", first_name="", last_name=HEBREW)
    client.force_login(administrator)
    assert f"<title>\u2068{HEBREW}\u2069 " in client.get(f"/cases/{case.pk}/").content.decode()
    pages = ["/", "/cases/", "/calendar/", "/people/", *(f"/people/{person.pk}/" for person in (member, technician))]
    pages += [f"/cases/{case.pk}/", f"/cases/{case.pk}/move/", f"/cases/{case.pk}/preview/"]
    for path in pages:
        page = client.get(path, follow=True).content.decode()
        assert HEBREW not in without_what_stands_alone(page), path


@pytest.mark.django_db
def test_messages_isolate_a_name_and_a_file(client, member, technician, administrator):
    technician.last_name = HEBREW
    technician.save()
    CaseFactory(assigned_to=technician)
    client.force_login(administrator)
    page = client.post(f"/people/{technician.pk}/role/", {"role": "member"}, follow=True).content.decode()
    assert f"\u2068{HEBREW}\u2069 has open cases" in page
    draft = CaseFactory(member=member, draft=True)
    client.force_login(member)
    file = ContentFile(b"%PDF-1.7\n%%EOF\n", name=f"{HEBREW}.pdf")
    page = client.post(f"/cases/{draft.pk}/documents/", {"file": file}, follow=True).content.decode()
    assert f"\u201c\u2068{HEBREW}.pdf\u2069\u201d attached" in page


@pytest.mark.django_db
def test_mail_isolates_a_title_and_a_name(member):
    member.last_name = HEBREW
    cases = CaseFactory.create_batch(2, member=member, title=HEBREW, released=True)
    for listed in (cases, cases[:1]):
        message = released_message(recipient=member, address="mia@example.com", cases=listed, message_id="<a@b>")
        for part in (message.body, message.alternatives[0][0]):
            assert HEBREW in part
            assert HEBREW not in without_what_stands_alone(str(part))
