"""File storage for documents: a folder of this machine, or an S3 bucket."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

S3_OPTIONS = {"region_name", "endpoint_url", "addressing_style"}


def file_storage(url: str, folder: Path) -> dict[str, Any]:
    """Return the entry of STORAGES for `url` (FILE_STORAGE_URL). By default files are in `folder`, readable only by us.

    The format is s3://KEY:SECRET@bucket/prefix?region_name=…&endpoint_url=…, where only the bucket is required.
    ImproperlyConfigured for any other URL, and if the libraries for S3 are not installed.
    """
    if not url:
        options = {"location": folder, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    # The error does not repeat the value, which holds a secret.
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured("FILE_STORAGE_URL must begin with s3:// and name a bucket.")
    if unknown := query.keys() - S3_OPTIONS:
        raise ImproperlyConfigured(
            f"FILE_STORAGE_URL accepts {', '.join(sorted(S3_OPTIONS))}, not {', '.join(unknown)}."
        )
    if not (find_spec("storages") and find_spec("boto3")):
        raise ImproperlyConfigured("FILE_STORAGE_URL needs django-storages: pip install 'django-storages[s3]==1.14.6'.")
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _s3_options(parts, query)}


def _s3_options(parts: Any, query: dict[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        # Never public, and existing files are not overwritten.
        "default_acl": None,
        "file_overwrite": False,
    }
    if parts.username and parts.password:
        options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password)}
    return options | query
