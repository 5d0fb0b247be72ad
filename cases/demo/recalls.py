"""Demo data of releases that were recalled."""

from cases import releases
from cases.models import Case, CaseEvent, User

WEB = CaseEvent.Source.WEB


def recall(case: Case, *, by: User, again: bool) -> None:
    """Recall the release of `case`, and release it `again` if asked."""
    releases.recall(case=case, by=by, source=WEB, reason="The report has the figures of another member.")
    if again:
        releases.release_now(case=case, by=by, source=WEB, reason="The right report is attached now.")
