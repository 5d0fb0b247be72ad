"""python -m post_office_mail.fill COUNT: puts that many mails in the queue."""

import sys

import django
from tiny.message import parts_of


def main(count: int) -> None:
    """Store all mails in one go."""
    from post_office import mail

    names = ("recipients", "subject", "message", "html_message")
    mail.send_many(
        [
            dict(zip(names, parts_of(number), strict=True)) | {"headers": {"Auto-Submitted": "auto-generated"}}
            for number in range(count)
        ]
    )


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
