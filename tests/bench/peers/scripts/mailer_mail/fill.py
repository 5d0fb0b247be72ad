"""python -m mailer_mail.fill COUNT: puts that many mails in the queue."""

import sys

import django
from tiny.message import parts_of


def main(count: int) -> None:
    """Store all mails in one go, through the backend that the documentation recommends."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    messages = []
    for number in range(count):
        recipient, subject, text, html = parts_of(number)
        message = EmailMultiAlternatives(subject, text, to=[recipient], headers={"Auto-Submitted": "auto-generated"})
        message.attach_alternative(html, "text/html")
        messages.append(message)
    get_connection().send_messages(messages)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
