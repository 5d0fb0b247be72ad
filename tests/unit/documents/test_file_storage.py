"""FILE_STORAGE_URL: where documents are stored, and what is refused at start."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal import file_storage as module
from portal.file_storage import file_storage

FOLDER = Path("var/documents")


@pytest.fixture
def _installed(monkeypatch):
    """A stand-in for django-storages: only its arguments matter here."""
    monkeypatch.setattr(module, "find_spec", lambda name: name)


def test_by_default_files_are_in_a_folder_outside_the_public_one():
    found = file_storage("", settings.VAR_DIR / "documents")
    assert found["BACKEND"] == "django.core.files.storage.FileSystemStorage"
    location = found["OPTIONS"]["location"]
    assert settings.STATIC_ROOT not in [location, *location.parents]


@pytest.mark.usefixtures("_installed")
def test_a_bucket_is_told_all_that_the_address_says():
    found = file_storage("s3://me:a%2Fb@papers/of/cases?region_name=eu-1&endpoint_url=https://s3.example.com", FOLDER)
    assert found["BACKEND"] == "storages.backends.s3.S3Storage"
    assert found["OPTIONS"] == {
        "bucket_name": "papers",
        "location": "of/cases",
        "access_key": "me",
        "secret_key": "a/b",
        "region_name": "eu-1",
        "endpoint_url": "https://s3.example.com",
        "default_acl": None,
        "file_overwrite": False,
    }


@pytest.mark.usefixtures("_installed")
def test_without_a_key_boto3_looks_for_one():
    assert "access_key" not in file_storage("s3://papers", FOLDER)["OPTIONS"]


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("url", ["papers", "s3://", "gs://papers", "s3://me:secret@papers?acl=public-read"])
def test_what_cannot_be_read_is_refused_without_telling_the_secret(url):
    with pytest.raises(ImproperlyConfigured, match="FILE_STORAGE_URL") as refused:
        file_storage(url, FOLDER)
    assert "secret" not in str(refused.value)


def test_the_program_does_not_start_without_the_library():
    """It is not one of our requirements, so it is missing here."""
    found = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={"SECRET_KEY": "x", "ENV_FILE": "/dev/null", "FILE_STORAGE_URL": "s3://me:secret@papers", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode != 0
    assert "pip install 'django-storages[s3]==1.14.6'" in found.stderr
    assert "secret" not in found.stderr.splitlines()[-1]
