"""The message that every mail peer sends: text and HTML with the words, and therefore the size, of the portal's own."""

# ruff: noqa: E501
SUBJECT = "Your case B-{number:06} is ready"
TEXT = """Hello Member {number},

Your case “Questions about a pension” (B-{number:06}) is ready.

View your case:
http://127.0.0.1:8000/cases/{number}/

Advisor Portal
We email you when one of your cases is ready.
"""
HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Your case B-{number:06} is ready</title>
<style>
:root {{ color-scheme: light dark }}
.canvas {{ background: #f6f8f8; color: #1c2328; font: 16px/1.625 Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }}
.card {{ background: #ffffff; border: 1px solid #dfe4e7; border-radius: 12px; overflow-wrap: anywhere }}
.minor {{ color: #56616a; font-size: 13px; line-height: 20px }}
h2 {{ margin: 24px 0 8px; font-size: 17px; line-height: 24px }}
a {{ color: #0a5a6d }}
ul {{ margin: 0 0 16px; padding: 0 0 0 20px }}
li {{ margin: 0 0 12px }}
.quote {{ margin: 0 0 16px; padding: 0 0 0 16px; border-left: 3px solid #a9d3dc }}
pre {{ margin: 0 0 16px; padding: 12px; border-radius: 8px; background: #f1f4f5; white-space: pre-wrap }}
@media (prefers-color-scheme: dark) {{
.canvas {{ background: #0f1315 !important; color: #dfe5e8 !important }}
.card {{ background: #161b1e !important; border-color: #2c353a !important }}
.minor {{ color: #a2aeb6 !important }}
.button {{ background: #10748a !important }}
a {{ color: #79d0e4 }}
.quote {{ border-color: #1f5563 }}
pre {{ background: #1f262a }}
}}
</style>
</head>
<body class="canvas" style="margin: 0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" class="canvas"><tr><td align="center" style="padding: 24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width: 36rem; text-align: left">
<tr><td style="padding: 0 4px 12px; font-weight: 600"><span aria-hidden="true" style="display: inline-block; width: 24px; margin-right: 8px; border-radius: 6px; background: #0b6175; color: #ffffff; line-height: 24px; text-align: center">&#10003;</span>Advisor Portal</td></tr>
<tr><td class="card" style="padding: 24px 24px 8px">
<p style="margin: 0 0 16px">Hello Member {number},</p>
<p style="margin: 0 0 16px">Your case “Questions about a pension” (B-{number:06}) is ready.</p>
<p style="margin: 24px 0 12px"><a href="http://127.0.0.1:8000/cases/{number}/" class="button" style="display: inline-block; padding: 10px 18px; border-radius: 8px; background: #0b6175; color: #ffffff; font-weight: 500; text-decoration: none">View your case</a></p>
<p class="minor" style="margin: 0 0 16px">http://127.0.0.1:8000/cases/{number}/</p>
</td></tr>
<tr><td class="minor" style="padding: 12px 4px 0">Advisor Portal<br>We email you when one of your cases is ready.</td></tr>
</table>
</td></tr></table>
</body>
</html>
"""


def parts_of(number: int) -> tuple[str, str, str, str]:
    """Return recipient, subject, text and HTML of the mail with that number."""
    recipient = f"member{number}@example.com"
    return recipient, SUBJECT.format(number=number), TEXT.format(number=number), HTML.format(number=number)
