"""What a look-up of bound objects answers."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Present(NamedTuple):
    """The answer that an object exists. The verifier compares the uid and judges the deletion."""

    uid: str
    """Its ``metadata.uid``."""
    deletion_timestamp: int | datetime | None = None
    """Its ``metadata.deletionTimestamp`` if it is being deleted, in Unix seconds or with a time zone."""
