"""Domain exceptions. Each carries a user-facing message and an HTTP status."""

import datetime as dt
import math

from django.utils.translation import gettext as _

from cases.core.numbers import grouped

# Seconds after which something that is out of order may work again.
OUTAGE = 60


class CaseError(Exception):
    """A request was understood and refused. Nothing has changed.

    `retry_after`: the seconds after which it may succeed, or 0 if waiting doesn't help.
    """

    status = 400
    retry_after = 0

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class BadSchedule(CaseError):
    """The date or time of a release is not accepted."""


class BadDocument(CaseError):
    """The file is not accepted as a document."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


class TooLong(CaseError):
    """A text has more characters than its field takes."""

    def __init__(self, longest: int, *, field: str) -> None:
        super().__init__(_("Use up to %(most)s characters.") % {"most": grouped(longest)}, field=field)


class StorageFailed(CaseError):
    """The file could not be stored. The person did nothing wrong."""

    status = 503
    retry_after = OUTAGE

    def __init__(self) -> None:
        super().__init__(_("We couldn't save your file. Nothing was changed. Try again later."), field="file")


class DocumentUnavailable(CaseError):
    """The stored file cannot be read now. The person did nothing wrong."""

    status = 503
    retry_after = OUTAGE

    def __init__(self) -> None:
        super().__init__(_("We couldn't open this document. Try again later."))


class ReasonRequired(CaseError):
    """The action needs a reason and none was given."""

    def __init__(self) -> None:
        super().__init__(_("Enter a reason. It will be saved in the case history."), field="reason")


class QuotaReached(CaseError):
    """The person has reached a limit, and may add more after `wait`."""

    status = 429

    def __init__(self, message: str, *, wait: dt.timedelta) -> None:
        super().__init__(message)
        self.retry_after = math.ceil(wait.total_seconds())


class NotAllowed(CaseError):
    """The person may not do this, in any state of the case."""

    status = 403


class WrongState(CaseError):
    """The case is not in a state that allows this."""

    status = 409


class Stale(CaseError):
    """The form was opened for an older version of the case. `is_own`: the same person changed it, in another tab."""

    status = 409

    def __init__(self, message: str = "", *, is_own: bool = False) -> None:
        by_self = _(
            "You changed this case in another tab or window after you opened it here. Nothing was saved. "
            "Check the case and try again."
        )
        by_others = _("Someone changed this case after you opened it. Nothing was saved. Check the case and try again.")
        super().__init__(message or (by_self if is_own else by_others))


class DraftChanged(Stale):
    """The draft was edited on the basis of an older version: in another tab, or a save arrived late."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "A newer version of this draft was saved, for example in another tab. Your text is still here, but it "
                "isn't saved."
            )
        )


class ConditionRemoved(WrongState):
    """The condition was one of the case, and is no more."""

    def __init__(self) -> None:
        super().__init__(_("This condition was removed."))


class AnswerChanged(Stale):
    """The answer was edited on the basis of an older version. `is_own`: as for Stale."""

    def __init__(self, *, is_own: bool = False) -> None:
        by_self = _("You changed this answer in another tab or window. Your text is still here, but it isn't saved.")
        by_others = _("Someone changed this answer after you opened it. Your text is still here, but it isn't saved.")
        super().__init__(by_self if is_own else by_others)


class LinkGone(CaseError):
    """The link from an email was valid but no longer works."""

    status = 410


class SentAlready(CaseError):
    """The form was sent before, with the same content. `made` is the key of the row that it created."""

    status = 409

    def __init__(self, *, made: int) -> None:
        super().__init__(_("You already sent this form."))
        self.made = made


class FormReused(CaseError):
    """The form was sent before, with different content. `made` is the key of the row that it created, if any."""

    status = 409

    def __init__(self, *, made: int | None = None) -> None:
        self.made = made
        super().__init__(_("You already sent this form with different content. To save this too, send it again."))
