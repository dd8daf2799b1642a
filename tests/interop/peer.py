"""A real client of the original library, steered by JSON lines on stdin and reporting JSON lines on stdout.

Each command is an object with ``command``, an optional ``request`` that its answer repeats, and the fields of the
method of the same name below. Commands run one after another; only ``list`` waits in the background, because the
library polls for its answer.

Answers:  logged_in {ok, client_id}, sent {ok}, list {result}, logged_out, dropped, error {message}
Events:   ready {versions}, message {the seven fields, content_json or content_base64}, closed {code, reason}

``content_json`` is the content as Python spells it (NaN, 23-digit integers and 1.0 survive); bytes come as
``content_base64`` instead. End of input, or the command ``exit``, ends the process without a logout.
"""

import asyncio
import base64
import json
import sys

import original

emit = original.open_event_output()

from pywayne.cross_comm import CommMsgType, CrossCommService  # noqa: E402  (after its output went to stderr)


def describe(message):
    """The fields of a received message, with a content that any JSON reader can take."""
    fields = message.to_dict()
    content = fields.pop("content")
    if isinstance(content, (bytes, bytearray)):
        return {**fields, "content_base64": base64.b64encode(content).decode("ascii")}
    return {**fields, "content_json": json.dumps(content)}


def read_content(fields):
    """The content to send: an exact JSON spelling, bytes in base64, or a plain JSON value."""
    if "content_json" in fields:
        return json.loads(fields["content_json"])
    if "base64" in fields:
        return base64.b64decode(fields["base64"])
    return fields["content"]


class Peer:
    """One client object of the library and the tasks that report about it."""

    def __init__(self):
        self.service = None
        self.tasks = set()

    def start(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def login(self, host="127.0.0.1", port=9898, id=None, heartbeat_interval=30, heartbeat_timeout=60,
                    download_directory=None):
        self.service = CrossCommService(role="client", ip=host, port=port, client_id=id,
                                        heartbeat_interval=heartbeat_interval, heartbeat_timeout=heartbeat_timeout)

        @self.service.message_listener(download_directory=download_directory)
        async def report(message):
            emit("message", **describe(message))

        ok = await self.service.login()
        if ok:
            self.start(self.report_close(self.service.websocket))
        return "logged_in", {"ok": ok, "client_id": self.service.client_id}

    async def report_close(self, websocket):
        await websocket.wait_closed()
        emit("closed", code=websocket.close_code, reason=websocket.close_reason)

    async def send(self, type, to="all", **content):
        ok = await self.service.send_message(read_content(content), CommMsgType(type), to_client_id=to)
        return "sent", {"ok": ok}

    async def list(self, only_show_online=True, timeout=5.0):
        return "list", {"result": await self.service.list_clients(only_show_online, timeout)}

    async def logout(self):
        await self.service.logout()
        return "logged_out", {}

    async def drop(self):
        self.service.websocket.transport.abort()
        await self.service.websocket.wait_closed()
        return "dropped", {}

    async def answer(self, command, request=None, **fields):
        try:
            event, result = await getattr(self, command)(**fields)
            emit(event, request=request, **result)
        except Exception as error:
            emit("error", request=request, message=f"{command}: {error!r}")


COMMANDS = {"login", "send", "list", "logout", "drop"}


async def main():
    peer = Peer()
    emit("ready", versions=original.versions())
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        command = json.loads(line)
        if command["command"] == "exit":
            break
        if command["command"] not in COMMANDS:
            emit("error", request=command.get("request"), message=f"no such command: {command['command']}")
        elif command["command"] == "list":
            peer.start(peer.answer(**command))
        else:
            await peer.answer(**command)


asyncio.run(main())
