"""Search columns: the folded content of other columns."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from cases.core.folding import fold
from cases.core.plain_in_migrations import PlainInMigrations


class Folded(PlainInMigrations, models.CharField[str, str]):
    """The folded text of the fields `of`. It is written whenever a row is saved, without a trigger. So an UPDATE that
    changes those fields must change this one too (`with_folded`)."""

    def __init__(self, *args: Any, of: Iterable[str] = (), **kwargs: Any) -> None:
        self.of = tuple(of)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Return the folded text of the row as it is now."""
        value = fold(" ".join(getattr(model_instance, name) for name in self.of))[: self.max_length]
        setattr(model_instance, self.attname, value)
        return value


def with_folded(model: type[models.Model], update_fields: Iterable[str] | None) -> set[str] | None:
    """Return the `update_fields` of a save, with the folded columns that depend on them."""
    if update_fields is None:
        return None
    changed = set(update_fields)
    columns = (field for field in model._meta.concrete_fields if isinstance(field, Folded))
    return changed | {field.name for field in columns if changed & set(field.of)}
