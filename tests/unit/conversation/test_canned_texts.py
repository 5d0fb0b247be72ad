"""Canned texts: what is refused, and that only administrators keep them."""

import pytest

from cases.conversation import canned_texts
from cases.core import limits
from cases.core.errors import CaseError, NotAllowed, SentAlready, WrongState
from cases.lifecycle import form_tokens
from cases.models import CannedText
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

WEB = {"source": "web"}


def add(by, name="Form DD-214", text="Please send it.", **more):
    return canned_texts.add(by=by, name=name, text=text, **WEB, **more)


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [(" ", "x", "name"), ("x", "\n", "text"), (" Form DD-214 ", "x", "name")],
    ids=["no name", "no text", "a name that is taken"],
)
def test_what_is_no_canned_text(name, text, field, administrator):
    kept = add(administrator)
    with pytest.raises(CaseError) as refused:
        add(administrator, name, text)
    assert refused.value.field == field
    other = add(administrator, "Another")
    with pytest.raises(CaseError):
        canned_texts.change(canned_text=other, by=administrator, name=name, text=text, **WEB)
    assert set(CannedText.objects.values_list("name", "text")) == {(kept.name, kept.text), ("Another", other.text)}


def test_a_text_is_changed_once_for_each_version_and_deleted(administrator):
    kept = add(administrator, form_token=(token := form_tokens.new(administrator)))
    with pytest.raises(SentAlready):
        add(administrator, form_token=token)
    canned_texts.change(canned_text=kept, by=administrator, name="DD-214", text="Send it.", version=0, **WEB)
    with pytest.raises(WrongState, match="You changed this text in another tab"):
        canned_texts.change(canned_text=kept, by=administrator, name="x", text="x", version=0, **WEB)
    for _twice in range(2):
        canned_texts.delete(canned_text=kept, by=administrator, **WEB)
    assert not CannedText.objects.exists()


def test_there_is_an_end_and_only_administrators_come_to_it(administrator, technician, monkeypatch):
    monkeypatch.setattr(limits, "CANNED_TEXTS", 1)
    kept = add(administrator)
    with pytest.raises(WrongState, match="already have 1"):
        add(administrator, "Another")
    for nobody in (technician, UserFactory(), UserFactory(role="administrator", is_active=False)):
        for verb in (
            lambda by=nobody: add(by, "Another"),
            lambda by=nobody: canned_texts.change(canned_text=kept, by=by, name="x", text="x", **WEB),
            lambda by=nobody: canned_texts.delete(canned_text=kept, by=by, **WEB),
        ):
            with pytest.raises(NotAllowed):
                verb()
