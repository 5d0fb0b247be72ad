"""What a person typed into a form that arrived after their session had ended: kept until they sign in again.

One form per person, of limited size, and only for that person. Files are not kept.
"""

from django.conf import settings
from django.http import QueryDict

from cases.core import limits
from cases.core.clock import portal_now
from cases.lifecycle import form_tokens
from cases.models import UnsentForm, User

# In the form that sends it again: once that has arrived, the stored copy can be deleted.
FIELD = "unsent"
MAX_PATH = 500
# The form of a case type sends most: kind and name of each condition.
MAX_FIELDS = 20 + 2 * limits.CONDITIONS
NOT_KEPT = {"csrfmiddlewaretoken", form_tokens.FIELD, FIELD}


def typed(fields: QueryDict) -> dict[str, str]:
    """Return what was typed or chosen, without what the page itself added."""
    # PostgreSQL cannot store NUL, and no form accepts it.
    return {name.replace("\0", ""): str(fields[name]).replace("\0", "") for name in fields if name not in NOT_KEPT}


def keep(*, user_id: int, path: str, fields: dict[str, str]) -> bool:
    """Keep `fields` for that person, replacing what was kept before. Return False if that is too much, or the account
    is deactivated."""
    letters = sum(len(name) + len(value) for name, value in fields.items())
    if len(fields) > MAX_FIELDS or letters > limits.UNSENT_FORM or len(path) > MAX_PATH:
        return False
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        return False
    values = {"path": path, "fields": fields, "at": portal_now()}
    UnsentForm.objects.update_or_create(user_id=user_id, defaults=values)
    return True


def kept_for(user: User) -> UnsentForm | None:
    """Return what is kept for `user`."""
    return UnsentForm.objects.filter(user=user, at__gt=portal_now() - settings.CLEANUP_UNSENT_FORMS).first()


def forget(user: User) -> None:
    """Delete what is kept for `user`."""
    UnsentForm.objects.filter(user=user).delete()
