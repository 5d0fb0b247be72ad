"""Django's admin: to look everything up. What it changes it changes through the verbs, and it deletes no row of the
portal's: no field can be edited past a rule."""

from cases.admin import cases, others, people, records

__all__ = ["cases", "others", "people", "records"]
