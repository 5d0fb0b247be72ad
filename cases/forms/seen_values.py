"""Forms that also send what they showed, so that an old page does not undo changes made elsewhere since."""

from typing import Any

from django import forms


class SeenValuesMixin(forms.Form):
    """Tell what the person changed. Each field is sent twice: as it was shown, and as it is now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    @property
    def changed_by_person(self) -> list[str]:
        """Return the names of fields that were changed, and of those that came without what had been shown."""
        return [name for name in self.fields if self._was_not_shown(name) or name in self.changed_data]

    def _was_not_shown(self, name: str) -> bool:
        return self.add_initial_prefix(name) not in self.data
