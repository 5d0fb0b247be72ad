"""Case numbers have no control characters: they are written into headers and lists."""

import re

from django.db import migrations

NOT_IN_A_LINE = r"[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]"


def take_control_characters_out(apps, schema_editor):
    """Clean the numbers that no verb made. One that another case has by then gets its key at the end."""
    cases = apps.get_model("cases", "Case").objects
    for case in cases.filter(external_case_id__regex=NOT_IN_A_LINE).only("external_case_id"):
        number = re.sub(NOT_IN_A_LINE, "", case.external_case_id)
        if not number or cases.filter(external_case_id=number).exists():
            number = f"{number[:40]}-{case.pk}"
        cases.filter(pk=case.pk).update(external_case_id=number)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0116_quotas"),
    ]

    operations = [
        migrations.RunPython(take_control_characters_out, migrations.RunPython.noop),
    ]
