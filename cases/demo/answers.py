"""The answers of the demo data: what technicians write to members, in Markdown."""

from cases.casework.answers import save_answer
from cases.models import Case, User

ANSWERS = [
    """Thank you for your question. **The year that you miss is counted**, under the number of your former employer.

- Nothing changes in your statement of last spring.
- You can ask for a correction of the dates until January 15.
- The report shows the calculation line by line.

If anything is not clear, reply to this case and we'll go through it with you.""",
    """The order can be applied to your pension:

1. Your former spouse receives 32.5 percent of the part that you earned during the marriage.
2. Your own monthly annuity is reduced from the day you retire.
3. Nothing is deducted before.

The survivor benefit is *not* affected, because the order does not mention it.""",
    """Both letters are right. The first is about your **estimate**, the second about your **final statement**.

> The estimate is made from the service record of the day, and the statement from the checked one.

You don't have to decide anything before you get the statement.""",
]
# One in this many cases is completed without an answer.
WITHOUT = 4


def write(case: Case, technician: User, number: int) -> None:
    """Write an answer to `case`. `number` is its place among cases of its kind and decides which answer, if any."""
    if number % WITHOUT != WITHOUT - 1:
        save_answer(case=case, by=technician, text=ANSWERS[number % len(ANSWERS)])


def begin(case: Case, technician: User, number: int) -> None:
    """Leave the answer to a case in progress half-written."""
    save_answer(case=case, by=technician, text=ANSWERS[number % len(ANSWERS)].partition("\n\n")[0])
