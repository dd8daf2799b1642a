"""Prepares a process for the unmodified original library; import this module before ``pywayne.cross_comm``.

The library wants object-store settings even for text, searches the folders above it for a ``.env`` file, prints to
stdout, connects through a proxy when the environment names one, and imports libraries for plots and pictures of which
messages need nothing. The answers to all five are given here, in the runner, so that the library stays as published.
Run as a script it imports the library and prints the versions.
"""

import importlib
import json
import os
import sys
import tempfile
import types

SETTINGS = {
    "OSS_ENDPOINT": "http://127.0.0.1:9",
    "OSS_BUCKET_NAME": "posthouse-interop",
    "OSS_ACCESS_KEY_ID": "",
    "OSS_ACCESS_KEY_SECRET": "",
    "PYTHON_DOTENV_DISABLED": "1",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": os.path.join(sys.prefix, "matplotlib") if sys.prefix != sys.base_prefix else tempfile.gettempdir(),
    "NO_PROXY": "*",
    "no_proxy": "*",
}

for name, value in SETTINGS.items():
    os.environ.setdefault(name, value)


class Later(types.ModuleType):
    """A module that is imported when something in it is wanted: half of a start would go into those for plots."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        for each in [each for each, module in sys.modules.items() if isinstance(module, Later)]:
            del sys.modules[each]
        return getattr(importlib.import_module(self.__name__), name)


for name in ("matplotlib", "matplotlib.pyplot", "cv2"):
    sys.modules[name] = Later(name)
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]


def open_event_output():
    """Keep stdout for JSON lines, send everything else that is printed to stderr, and return the writer of lines."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)

    def emit(event, **fields):
        lines.write(json.dumps({"event": event, **fields}) + "\n")
        lines.flush()

    return emit


def versions():
    """The versions that decide what travels on the wire."""
    from importlib.metadata import version

    return {
        "pywayne": version("pywayne"),
        "websockets": version("websockets"),
        "python": ".".join(str(part) for part in sys.version_info[:3]),
    }


if __name__ == "__main__":
    import pywayne.cross_comm  # noqa: F401

    print(", ".join(f"{name} {value}" for name, value in versions().items()))
