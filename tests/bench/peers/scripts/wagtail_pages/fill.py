"""python -m wagtail_pages.fill COUNT: creates that many pages with a go_live_at a few seconds from now."""

import sys
from datetime import timedelta

import django

SOON = timedelta(seconds=5)


def main(count: int) -> None:
    """Do what the editor does: save a draft that goes live later as a revision, and approve the revision."""
    from django.utils import timezone
    from wagtail.models import Page

    home = Page.objects.get(depth=2)
    for number in range(count):
        page = Page(title=f"Case {number}", slug=f"case-{number}", live=False, go_live_at=timezone.now() + SOON)
        home.add_child(instance=page)
        page.save_revision().publish()


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
