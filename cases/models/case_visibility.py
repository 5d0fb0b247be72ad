"""The visibility rule: which cases a person may know about, and which are only announced to them (docs/rules.md, 3)."""

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
    """The only ways to fetch cases for a person."""

    model: "type[Case]"

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the cases that `user` may know about: the one visibility rule (docs/rules.md, 3), for every door.

        No one sees a deleted draft. Anonymous and deactivated users see no cases, administrators all, technicians all
        except drafts, and members their own, except those completed and not released. If RELEASE_MEMBER_VIEW is
        `in_progress` or `announced`, a member also gets those, and sees only what cases.lifecycle.case_for_viewer
        shows.
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

        Those are announced to their member. Everything that belongs to a case follows this, including notifications
        about it.
        """
        cases = self.visible_to(user)
        announced = only_announced() if isinstance(user, User) and user.is_member else None
        return cases.exclude(announced) if announced else cases

    def completed_visible_to(self, user: User) -> Self:
        """Return `visible_to(user)` for a queryset of completed cases only.

        No draft is completed, so for staff the statement does not check the status, and an index contains everything it
        reads.
        """
        return self if user.is_active and not user.is_member else self.visible_to(user)

    def visible_to_their_members(self) -> Self:
        """Return the cases that their own members may know about: `visible_to` for many members together."""
        return self.filter(_known_to_members(), member__is_active=True).exclude(status=self.model.Status.DELETED)

    def shown_to(self, user: User) -> Self:
        """Return `visible_to(user)` with everything a page says about each.

        Members see no names. Types take a separate statement, or none if no case has one.
        """
        cases = self.visible_to(user).prefetch_related("case_type")
        return cases if user.is_member else cases.select_related("member", "assigned_to")


def _known_to_members() -> Q:
    """Match the cases that members may know about, among their own. An empty Q matches all."""
    return ~Q(status="completed") | RELEASED if settings.RELEASE_MEMBER_VIEW == "hidden" else Q()


def only_announced() -> Q | None:
    """Match the cases whose number, title and date are all that their member knows. None if there are no such cases."""
    return SCHEDULED if settings.RELEASE_MEMBER_VIEW == "announced" else None


def is_only_announced(case: "Case") -> bool:
    """Tell whether `only_announced` matches this loaded case."""
    is_scheduled = case.actual_release_date is None and case.scheduled_release_date is not None
    return is_scheduled and settings.RELEASE_MEMBER_VIEW == "announced"
