"""Why a bulk operation as a whole, or one row of it, is refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from cases.core import limits
from cases.core.errors import BadSchedule, CaseError, NotAllowed, Stale, WrongState
from cases.core.numbers import grouped
from cases.lifecycle.release_stop import ReleasesStopped
from cases.models import BulkRow

Code = BulkRow.Code


class NothingSelected(CaseError):
    """No case was selected, or none that the person may see."""

    def __init__(self) -> None:
        super().__init__(_("Select at least one case."), field="cases")


class TooManyCases(CaseError):
    """More cases were selected than one run takes."""

    def __init__(self) -> None:
        words = _("You can change up to %(most)s cases in one bulk operation. Narrow your selection.")
        super().__init__(words % {"most": grouped(limits.BULK_CASES)}, field="cases")


class Unchanged(CaseError):
    """The case already is as it would become."""

    status = 409


class ConditionsOpen(WrongState):
    """The case cannot be released while its conditions are open."""


class ChangedSince(Stale):
    """The case was changed after the preview."""

    def __init__(self) -> None:
        super().__init__(_("This case was changed after the preview. It was left as it is."))


class ChangedSinceRun(Stale):
    """The case was changed after the run that would be undone."""

    def __init__(self) -> None:
        super().__init__(_("This case was changed after the bulk operation. It is left as it is."))


# The code that a row gets for each kind of refusal. The first match counts.
CODES: tuple[tuple[type[CaseError], Code], ...] = (
    (Unchanged, Code.UNCHANGED),
    (ConditionsOpen, Code.CONDITIONS),
    (ReleasesStopped, Code.STOPPED),
    (Stale, Code.CHANGED),
    (NotAllowed, Code.NOT_ALLOWED),
    (WrongState, Code.STATE),
    (BadSchedule, Code.DATE),
)
ROW_FAILED = _noop("The database refused this change. The case was left as it is.")


def code_of(error: CaseError) -> Code:
    """Return the code of a row that is refused with `error`."""
    return next((code for kind, code in CODES if isinstance(error, kind)), Code.REFUSED)
