"""Django's admin, for looking things up. It makes changes only through the verbs and deletes none of the portal's rows,
so no one can edit a field past a rule."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin import beat, cases, people, records

__all__ = ["beat", "cases", "people", "records"]

admin.site.site_header = admin.site.site_title = _("Advisor Portal administration")
admin.site.index_title = _("Site data")
