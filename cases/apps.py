"""How Django finds this application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from django.conf import settings
        from django.core.management import get_commands
        from django.db.models.signals import post_migrate

        import cases.checks  # noqa: F401  (registers the system checks)
        from cases.accounts import client_addresses, factor_changes, logins
        from cases.delivery import bounce_webhook
        from cases.maintenance import rebuild_search
        from cases.models.text_limits import keep_text_limits

        # Django prefers the commands of the earliest app, which can't be this one: the admin has to know the models of
        # others before it forgets some of them.
        get_commands().update(changepassword=self.name, createsuperuser=self.name)
        client_addresses.connect()
        factor_changes.connect()
        logins.take_over()
        if settings.EMAIL_PROVIDER:
            bounce_webhook.connect()
        post_migrate.connect(keep_text_limits, sender=self)
        post_migrate.connect(rebuild_search.after_migration, sender=self)
