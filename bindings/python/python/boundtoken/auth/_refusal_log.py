"""Tells operators about refusals."""

from __future__ import annotations

import logging
import threading
import time

from boundtoken._errors import BoundtokenError
from boundtoken.auth._refusal import Refusal

LOGGER = logging.getLogger("boundtoken.auth")
_LOGGED_EACH_SECOND = 10


class RefusalLog:
    """Logs the first few refusals of each second, and says how many were left out. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._second = self._count = self._suppressed = 0

    def refused(self, refusal: Refusal) -> None:
        """Logs a refusal: the reason, the status, how many were left out, and what to do."""
        suppressed = self._take(int(time.monotonic()))
        if suppressed is None:
            return
        level = logging.INFO if refusal.status < 500 else logging.WARNING
        # The traceback of an error of this package says nothing new. That of a policy that failed does.
        failure = None if isinstance(refusal.__cause__, BoundtokenError) else refusal.__cause__
        LOGGER.log(
            level, "refused a request: reason=%s status=%d suppressed=%d: %s",
            refusal.name, refusal.status, suppressed, refusal, exc_info=failure,
        )  # fmt: skip

    def _take(self, second: int) -> int | None:
        """How many were left out before this one. ``None`` if this one is to be left out."""
        with self._lock:
            if self._second != second:
                self._second, self._count = second, 0
            self._count += 1
            if self._count > _LOGGED_EACH_SECOND:
                self._suppressed += 1
                return None
            suppressed, self._suppressed = self._suppressed, 0
            return suppressed
