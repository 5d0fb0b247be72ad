"""The buttons that take a release back."""

import datetime as dt

from django.utils.translation import gettext as _

from cases import releases
from cases.core.reader_timezones import on_readers_clock
from cases.forms.release import ChangeForm
from cases.forms.versions import VersionForm
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.views.case_page.case_actions import WEB, CaseActionView


class UndoRelease(CaseActionView[VersionForm]):
    """Take back one's own release of a moment ago. POST `version`."""

    action = Action.UNDO
    form_class = VersionForm
    form_name = "undo_form"
    kinds = (CaseEvent.Kind.UNDONE,)
    is_in_dialog = False

    def perform(self, form: VersionForm, *, case: Case, by: User) -> Case:
        return releases.undo(case=case, by=by, source=WEB, version=form.cleaned_data["version"])

    def said(self, case: Case) -> str:
        words = _("Release undone. The case is on hold.")
        if not (seen_at := _seen_at(case)):
            return words
        seen = _("The member saw it at %(time)s.") % {"time": on_readers_clock(seen_at, "CLOCK_FORMAT")}
        return f"{words} {seen}"


class RecallRelease(CaseActionView[ChangeForm]):
    """Make a released case invisible again. POST `reason`, `version`."""

    action = Action.RECALL
    form_class = ChangeForm
    kinds = (CaseEvent.Kind.RECALLED,)

    def perform(self, form: ChangeForm, *, case: Case, by: User) -> Case:
        return releases.recall(case=case, by=by, source=WEB, **form.change())

    def said(self, case: Case) -> str:
        return _("Release recalled. The member can't see the case anymore. The case is on hold.")


def _seen_at(case: Case) -> dt.datetime | None:
    """Return when the member first saw the release that has just been undone."""
    undone = CaseEvent.objects.filter(case=case, kind=CaseEvent.Kind.UNDONE)
    seen_at = undone.values_list("details__seen_at", flat=True).first()
    return dt.datetime.fromisoformat(seen_at) if seen_at else None


undo_release = UndoRelease.as_view()
recall_release = RecallRelease.as_view()
