"""What a technician types as the answer to a case."""

from typing import Any

from django import forms

from cases.core import limits
from cases.forms.single_values import SingleValuesForm


class AnswerForm(SingleValuesForm):
    """The text, and the version of the answer that it is based on.

    The verb limits its length. `over` names a later version, which the person has seen and replaces anyway.
    """

    # Browsers send the end of a line as two characters.
    answer = forms.CharField(required=False, strip=False, max_length=2 * limits.ANSWER)
    version = forms.IntegerField(required=False, min_value=0)
    over = forms.IntegerField(required=False, min_value=0)

    def change(self) -> dict[str, Any]:
        """Return the arguments of the verb."""
        over, version = self.cleaned_data["over"], self.cleaned_data["version"]
        return {"text": self.cleaned_data["answer"], "version": version if over is None else over}
