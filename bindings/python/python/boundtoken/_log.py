"""The loggers of the package: ``boundtoken`` and those below it."""

import logging

LOGGER = logging.getLogger("boundtoken")


def level() -> int:
    """The least important level that is logged."""
    return LOGGER.getEffectiveLevel()


def deliver(level: int, target: str, message: str) -> None:
    """Logs a line of the library: ``boundtoken_kubernetes::watch`` becomes ``boundtoken.kubernetes.watch``."""
    name = target.replace("::", ".").replace("boundtoken_", "boundtoken.")
    if not name.startswith("boundtoken"):
        name = f"boundtoken.{name}"
    logging.getLogger(name).log(level, "%s", message)
