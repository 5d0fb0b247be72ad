"""The reason, which every form of a bulk operation asks for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import ProseField
from cases.forms.single_values import SingleValuesForm
from cases.models import BulkRun, User
from cases.releases import bulk
from cases.releases.bulk import Parameters

SELECT = {"class": "form-select"}


class ReasonForm(SingleValuesForm):
    """The reason. It is required if `needs_reason`."""

    reason = ProseField(
        label=_("Reason"),
        max_length=limits.REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Saved in the history of each case."),
        error_messages={"required": _("Enter a reason. It will be saved in the case history.")},
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            self.fields["reason"].required, self.fields["reason"].label = False, _("Reason (optional)")


class BulkForm(ReasonForm):
    """The reason. Actions that ask for nothing else use this form. `keys` are those of the selected cases."""

    field_order = (
        "date",
        "time",
        "most_a_day",
        "days",
        "unit",
        "direction",
        "technician",
        "condition",
        "kind",
        "name",
        "owner",
        "urgency",
        "case_type",
        "reason",
    )

    def __init__(self, *args: Any, action: str, by: User, keys: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, needs_reason=bulk.needs_reason(action, by), **kwargs)
        self.by, self.keys = by, keys
        self.prepare()

    def prepare(self) -> None:
        """Offer what can be chosen."""

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        return Parameters()


class UndoForm(ReasonForm):
    """The reason for taking back a run."""

    def __init__(self, *args: Any, run: BulkRun, **kwargs: Any) -> None:
        super().__init__(*args, needs_reason=bulk.undo_needs_reason(run), **kwargs)
