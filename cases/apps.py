"""How Django finds this application."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from cases import checks, visits  # noqa: F401  (registers the system checks)

        visits.take_over()
