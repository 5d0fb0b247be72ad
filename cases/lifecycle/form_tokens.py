"""Form tokens: each binds a form to its person and lets the form create something only once.

A form carries it as `{% form_token %}`. The verb that creates something takes it as `form_token` and calls `use` within
its transaction. `UsedFormToken.made` stores the key of what was created. Programs without a token skip this check.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import FormReused, SentAlready, WrongState
from cases.models import UsedFormToken, User

FIELD = "form_token"
# A longer token is not one of ours.
MAX_LETTERS = 200


@dataclass(frozen=True)
class FormToken:
    """A token that this portal signed, for a person and a form."""

    user_id: int
    key: str


def new(user: User) -> str:
    """Return a token for one form that `user` gets."""
    return _signer().sign(f"{user.pk}:{secrets.token_urlsafe(16)}")


def read(text: str, *, max_age: int | None = None) -> FormToken | None:
    """Return the token in `text`, or None if it is not one of ours or is older than `max_age` seconds."""
    if not text or len(text) > MAX_LETTERS:
        return None
    try:
        user_id, key = _signer().unsign(text, max_age=max_age).split(":")
    except BadSignature:
        return None
    return FormToken(int(user_id), key)


def sent_in(request: HttpRequest) -> str:
    """Return the raw token of the form that was sent, or an empty string if there was none."""
    return str(request.POST.get(FIELD, ""))


def use(text: str, *, by: User, content: Iterable[str]) -> UsedFormToken:
    """Mark the form as sent, within the verb's transaction. The caller calls `remember` with what it made.

    SentAlready for a form that `by` has sent with this `content`, for example by pressing the button twice. FormReused
    if the content was different. WrongState for a token that is not theirs.
    """
    if not text:
        return UsedFormToken()
    token = read(text)
    if token is None or token.user_id != by.pk:
        raise WrongState(_("This page is out of date. Reload it and try again."))
    digest = hashlib.sha256("\0".join(content).encode("utf-8", "surrogatepass")).hexdigest()
    # If two arrive at the same time, the second waits here for the first one's commit.
    used, is_first = UsedFormToken.objects.get_or_create(
        user=by, token=token.key, defaults={"content": digest, "at": portal_now()}
    )
    if is_first:
        return used
    if used.content != digest or used.made is None:
        raise FormReused(made=used.made)
    raise SentAlready(made=used.made)


def remember(used: UsedFormToken, made: int) -> None:
    """Keep `made`, the key of what the form created."""
    if used.pk:
        used.made = made
        used.save(update_fields=["made"])


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="cases.lifecycle.form_tokens")
