"""Names, titles and file names have one line, and turn the direction of nothing else."""

from django.db import migrations, models
from django.db.models import Q

NOT_IN_A_LINE = r"[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]"


def is_a_line(column):
    """The condition that a text of one line keeps."""
    return ~Q((f"{column}__regex", NOT_IN_A_LINE))


class Migration(migrations.Migration):
    dependencies = [("cases", "0110_storage_report")]

    operations = [
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(condition=is_a_line("title"), name="case_title_is_a_line"),
        ),
        migrations.AddConstraint(
            model_name="casedocument",
            constraint=models.CheckConstraint(condition=is_a_line("name"), name="document_name_is_a_line"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=is_a_line("first_name") & is_a_line("last_name") & is_a_line("username"),
                name="user_names_are_lines",
            ),
        ),
    ]
