"""Delete stored files that no row names anymore, for documents and deleted drafts."""

from collections.abc import Iterable

import structlog
from django.core.files.storage import default_storage
from django.db import transaction

logger = structlog.get_logger(__name__)


def _errors_of_storages() -> tuple[type[Exception], ...]:
    """Return the errors that storages raise. A bucket's library has its own errors and is not installed everywhere."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return (OSError,)
    return OSError, BotoCoreError, ClientError


STORAGE_ERRORS = _errors_of_storages()


def discard(path: str) -> None:
    """Delete the file at `path`, which no row names. One that cannot be deleted now is found by
    `cases.documents.storage.reconcile`."""
    try:
        default_storage.delete(path)
    except STORAGE_ERRORS:
        logger.exception("stored file could not be deleted", path=path)


def discard_after_commit(paths: Iterable[str]) -> None:
    """Delete the files at `paths` once the transaction that deletes their rows is committed."""
    kept = list(paths)
    transaction.on_commit(lambda: _discard_all(kept), robust=True)


def _discard_all(paths: Iterable[str]) -> None:
    for path in paths:
        discard(path)
