"""The database refuses control characters in a case number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0080_plain_case_numbers"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("external_case_id__regex", "[\\u0001-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]"),
                    _negated=True,
                ),
                name="case_number_is_a_line",
            ),
        ),
    ]
