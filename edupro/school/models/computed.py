"""Columns that follow from other columns of the same row."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.db import models, transaction
from django.db.models.expressions import Combinable

from edupro.school.models.visibility import StudentsQuerySet


class ComputedQuerySet(StudentsQuerySet):
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Computes first: a bulk insert calls no `save()`."""
        rows = list(objs)
        for row in rows:
            row.compute()
        return super().bulk_create(rows, *args, **kwargs)


class Computed(models.Model):
    """A row that fills its `computed` columns from its `inputs` whenever it is saved.

    They are plain columns, so that lists can sort by them; `QuerySet.update()` does not touch them.
    """

    inputs: ClassVar[tuple[str, ...]]
    computed: ClassVar[tuple[str, ...]]

    objects = ComputedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """An expression such as `F("sakit") + 1` is only known once stored: then the row is saved twice."""
        if any(isinstance(getattr(self, name), Combinable) for name in self.inputs):
            with transaction.atomic(using=kwargs.get("using")):
                super().save(update_fields=update_fields, **kwargs)
                self.refresh_from_db(using=kwargs.get("using"), fields=self.inputs)
                self.compute()
                super().save(using=kwargs.get("using"), update_fields=self.computed)
            return
        self.compute()
        super().save(update_fields=self._with_computed(update_fields), **kwargs)

    def compute(self) -> None:
        """Set every column of `computed`."""
        raise NotImplementedError

    def numbers(self) -> list[Any]:
        """The inputs as numbers, also where a form or a script has left them as text."""
        fields = (cast("models.Field[Any, Any]", self._meta.get_field(name)) for name in self.inputs)
        return [field.to_python(getattr(self, field.attname)) for field in fields]

    def _with_computed(self, update_fields: Iterable[str] | None) -> set[str] | None:
        """Saving some inputs saves what follows from them too."""
        if update_fields is None:
            return None
        named = set(update_fields)
        return named | set(self.computed) if named & set(self.inputs) else named
