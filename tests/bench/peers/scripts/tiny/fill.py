"""python -m tiny.fill COUNT: empties the tables and fills them with that many waiting cases."""

import sys

import django

MEMBERS = 500


def main(count: int) -> None:
    """All are completed, scheduled for today and not released."""
    from django.db import connection
    from django.utils import timezone

    from tiny.models import Case, Member

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tiny_member RESTART IDENTITY CASCADE")
    members = Member.objects.bulk_create(
        Member(name=f"Member {number}", email=f"member{number}@example.com") for number in range(MEMBERS)
    )
    now = timezone.now()
    Case.objects.bulk_create(
        (
            Case(
                external_case_id=f"B-{number:06}",
                member=members[number % MEMBERS],
                title="Questions about a pension",
                status="completed",
                urgency="normal",
                date_completed=now,
                scheduled_release_date=now.date(),
            )
            for number in range(count)
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
