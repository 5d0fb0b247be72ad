"""The message that every mail peer sends: text and HTML in the words, and so of the size, of the portal's own."""

SUBJECT = "Your case B-{number:06} is ready"
TEXT = """Hello Member {number},

your case B-{number:06} is ready: Questions about a pension.

You can read it here:
http://127.0.0.1:8000/cases/{number}/

Advisor Portal
"""
HTML = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Advisor Portal</title></head>
<body style="font-family: sans-serif; line-height: 1.5; color: #1c2430; max-width: 36rem; \
margin: 0 auto; padding: 1rem">
<p>Hello Member {number},</p>

<p>your case <strong>B-{number:06}</strong> is ready: Questions about a pension.</p>
<p><a href="http://127.0.0.1:8000/cases/{number}/" style="display: inline-block; padding: .6rem 1.2rem; \
border-radius: .4rem; background: #1f5fbf; color: #ffffff; text-decoration: none">Read your case</a></p>
<p style="color: #5a6472">Or open http://127.0.0.1:8000/cases/{number}/</p>

<p style="color: #5a6472">Advisor Portal</p>
</body>
</html>
"""


def parts_of(number: int) -> tuple[str, str, str, str]:
    """Recipient, subject, text and HTML of the mail with that number."""
    recipient = f"member{number}@example.com"
    return recipient, SUBJECT.format(number=number), TEXT.format(number=number), HTML.format(number=number)
