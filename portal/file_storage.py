"""Where documents are kept: in a folder of this machine, or in a bucket that speaks S3."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

S3_OPTIONS = {"region_name", "endpoint_url", "addressing_style"}


def file_storage(url: str, folder: Path) -> dict[str, Any]:
    """The entry of STORAGES that `url` (FILE_STORAGE_URL) names; by default files in `folder`, which only we read.

    s3://KEY:SECRET@bucket/prefix?region_name=…&endpoint_url=…, all but the bucket optional. ImproperlyConfigured for
    any other, and where what it needs is not installed.
    """
    if not url:
        options = {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    # The value is not repeated: it holds a secret.
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured("FILE_STORAGE_URL must look like s3://KEY:SECRET@bucket/prefix.")
    if unknown := query.keys() - S3_OPTIONS:
        raise ImproperlyConfigured(f"FILE_STORAGE_URL knows {', '.join(sorted(S3_OPTIONS))}, not {', '.join(unknown)}.")
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured("FILE_STORAGE_URL needs django-storages: pip install 'django-storages[s3]==1.14.6'.")
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3_options(parts, query)}


def _s3_options(parts: Any, query: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        # Never public; and a name that exists already is not written over.
        "default_acl": None,
        "file_overwrite": False,
    }
    if parts.username and parts.password:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password)}
    return options | query
