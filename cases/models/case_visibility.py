"""The visibility rule: which cases a person may know of, and what is only announced to them (docs/rules.md, 3)."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from cases.models.case_states import RELEASED, SCHEDULED
from cases.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from cases.models.case import Case


class VisibleCases(models.QuerySet["Case"]):
    """The only ways in which cases are fetched for a person."""

    model: "type[Case]"

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the cases that `user` may know of: the one visibility rule (docs/rules.md, 3), for every door.

        Nobody sees a draft that was deleted. Anonymous and deactivated users see none, administrators all others,
        technicians all but drafts, members their own without those that are completed and not released. Where
        RELEASE_MEMBER_VIEW is `in_progress` or `announced` a member gets those too, and sees of them only what
        cases.lifecycle.visible_case shows.
        """
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        kept = self.exclude(status=self.model.Status.DELETED)
        if user.is_administrator:
            return kept
        if user.is_technician:
            return kept.exclude(status=self.model.Status.DRAFT)
        return kept.filter(_known_to_members(), member_id=user.pk)

    def readable_by(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return `visible_to(user)` without those whose number, title and date are all that `user` knows.

        Those are announced to their member. Everything that belongs to a case, and what was told of it, follows this.
        """
        cases = self.visible_to(user)
        announced = only_announced() if isinstance(user, User) and user.is_member else None
        return cases.exclude(announced) if announced else cases

    def completed_visible_to(self, user: User) -> Self:
        """Return `visible_to(user)` of a queryset that has completed cases only.

        No draft is completed, so for staff the statement does not ask for the status: an index has all that it reads.
        """
        return self if user.is_active and not user.is_member else self.visible_to(user)

    def visible_to_their_members(self) -> Self:
        """Return the cases that their own member may know of: `visible_to` for many members at once."""
        return self.filter(_known_to_members(), member__is_active=True).exclude(status=self.model.Status.DELETED)

    def shown_to(self, user: User) -> Self:
        """Return `visible_to(user)` with what a page says of each. Members read no names.

        Types take a statement of their own, and none where no case has one.
        """
        cases = self.visible_to(user).prefetch_related("case_type")
        return cases if user.is_member else cases.select_related("member", "assigned_to")


def _known_to_members() -> Q:
    """Match those of their own cases that members may know of. An empty Q is all of them."""
    return ~Q(status="completed") | RELEASED if settings.RELEASE_MEMBER_VIEW == "hidden" else Q()


def only_announced() -> Q | None:
    """Match the cases whose number, title and date are all that their member knows. None where there are no such."""
    return SCHEDULED if settings.RELEASE_MEMBER_VIEW == "announced" else None


def is_only_announced(case: "Case") -> bool:
    """Tell whether `only_announced` matches this loaded case."""
    is_scheduled = case.actual_release_date is None and case.scheduled_release_date is not None
    return is_scheduled and settings.RELEASE_MEMBER_VIEW == "announced"
