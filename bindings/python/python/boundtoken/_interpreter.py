"""Refuses interpreters in which the extension module would not work."""

import importlib


def demand_main() -> None:
    """Raises :class:`ImportError` in a sub-interpreter, before the extension module is loaded there.

    Loaded there first, the module would be of no use to the main interpreter any more.
    """
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters = importlib.import_module(name)
        except ImportError:
            continue
        # Since Python 3.13 it is a tuple that begins with the number. The main interpreter has the number 0.
        current = interpreters.get_current()
        number = current[0] if isinstance(current, tuple) else int(current)
        if number != 0:
            raise ImportError(
                "boundtoken does not work in a sub-interpreter: import it in the main interpreter. "
                "With mod_wsgi, set `WSGIApplicationGroup %{GLOBAL}`"
            )
        return


demand_main()
