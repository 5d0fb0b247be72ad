"""What staff see about a release that its member has or has not opened."""

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.core import reader_timezones
from cases.models import Case
from cases.selectors import unopened

register = template.Library()


@register.filter
def seen(case: Case) -> str:
    """Say when its member first saw the released `case`, by the reader's clock. Leave out the present year."""
    at, now = case.first_viewed_at, timezone.now()
    if at:
        is_this_year = timezone.localtime(at).year == timezone.localtime(now).year
        format_ = "MOMENT_OF_YEAR_SHORT_FORMAT" if is_this_year else "MOMENT_SHORT_FORMAT"
        return _("Seen %(at)s") % {"at": reader_timezones.on_readers_clock(at, format_)}
    if unopened.is_recent(case):
        return _("Not opened yet")
    # Recording a view may have failed. After this long, the page says only what is known.
    return _("No view recorded")
