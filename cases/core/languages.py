"""The languages of people."""

from django.conf import settings


def chosen_by(person: object) -> str:
    """Return the language that `person` has chosen. Empty for none, also where the chosen one no longer exists."""
    code = getattr(person, "language", "")
    return code if code in dict(settings.LANGUAGES) else ""


def language_of(person: object) -> str:
    """Return the language of emails to `person`."""
    return chosen_by(person) or settings.LANGUAGE_CODE
