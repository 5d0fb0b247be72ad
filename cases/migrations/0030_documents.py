"""Documents of cases."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import cases.models.document


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0020_operations"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("submission", "Submission"), ("report", "Report")], max_length=20)),
                ("file", models.FileField(upload_to=cases.models.document.random_path)),
                ("name", models.CharField(help_text="What the person called it", max_length=150)),
                ("size", models.PositiveIntegerField(help_text="In bytes")),
                ("content_type", models.CharField(max_length=100)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="cases.case"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["submission", "report"])), name="document_kind_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True), models.Q(("file", ""), _negated=True)
                        ),
                        name="document_has_name_and_file",
                    ),
                    models.UniqueConstraint(fields=("file",), name="document_has_file_of_its_own"),
                ],
            },
        ),
    ]
