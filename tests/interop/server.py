"""The original server on a loopback port: prints ``{"event": "listening", "port": N}`` and stops at end of input.

It runs in a temporary folder, because the library writes ``cross_comm_clients.yaml`` into the working directory.
The first argument, if any, is a JSON object with ``heartbeat_interval`` and ``heartbeat_timeout`` in seconds
and ``port``, a free one by default.
"""

import asyncio
import json
import os
import sys
import tempfile

import original


def listening_server(base):
    """The library's class with one addition: an event that is set once it listens."""

    class ListeningServer(base):
        def __init__(self, port=0, **options):
            self.listening = asyncio.Event()
            super().__init__(role="server", ip="127.0.0.1", port=port, **options)

        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if name == "server" and value is not None:
                self.listening.set()

        async def wait_for_port(self):
            await self.listening.wait()
            return self.server.sockets[0].getsockname()[1]

    return ListeningServer


async def main(emit):
    from pywayne.cross_comm import CrossCommService

    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    server = listening_server(CrossCommService)(**options)
    running = asyncio.create_task(server.start_server())
    listening = asyncio.create_task(server.wait_for_port())
    await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
    if not listening.done():
        running.result()
    emit("listening", port=await listening, versions=original.versions())
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.stop()
    await running


if __name__ == "__main__":
    event_output = original.open_event_output()
    home = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="cross-comm-server-") as folder:
        os.chdir(folder)
        try:
            asyncio.run(main(event_output))
        finally:
            os.chdir(home)
