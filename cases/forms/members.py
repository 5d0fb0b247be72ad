"""The member whom a filter asks for, by name, username or address."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text import isolated
from cases.models import User
from cases.selectors import search

# How many of the members who match a name are listed.
MAX_NAMED = 5


def only_member(name: str, *, by: User) -> User:
    """Return the one member whom staff mean by `name`, among those that `by` may look up. ValidationError otherwise."""
    # To the search, a username may consist of many words. No username or address contains a space.
    people = [] if " " in name else search.member_called(name, by)
    if not people:
        limits.validate_word_count(name)
        people = search.find_members(name, by, MAX_NAMED + 1)
    if not people:
        raise ValidationError(_("Member not found."))
    if len(people) > 1:
        names = ", ".join(f"{isolated(person.display_name)} ({person.username})" for person in people[:MAX_NAMED])
        raise ValidationError(
            _("Several members match, such as %(names)s. Enter more of the name."), params={"names": names}
        )
    return people[0]
