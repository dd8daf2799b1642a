"""Records what the unmodified original library really puts on the wire, into spec/vectors/cross_comm/recorded.json.

Run again with

    bash tests/interop/install.sh
    .cache/python-peers/bin/python tests/interop/record.py

Real clients talk to the real server through a proxy that notes every text frame exactly as it came. Uploads go to a
loopback object store that accepts everything. Ids made from the machine's MAC address are replaced by a1b2c3d4e5f6,
which has the same length; nothing else is changed. Time stamps and random parts differ from run to run.
"""

import asyncio
import datetime
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import original

emit = original.open_event_output()

import websockets  # noqa: E402
from pywayne.cross_comm import CommMsgType, CrossCommService  # noqa: E402
from server import listening_server  # noqa: E402

TARGET = pathlib.Path(__file__).resolve().parents[2] / "spec/vectors/cross_comm/recorded.json"
CLIENT = "python-client"
SERVER = "python-server"

MESSAGES = [
    ("text_broadcast", CommMsgType.TEXT, 'Hello 你好 "q" \\ 🚀', "all"),
    ("text_direct", CommMsgType.TEXT, "to bob alone", "bob"),
    ("text_empty", CommMsgType.TEXT, "", "bob"),
    ("text_controls", CommMsgType.TEXT, "tab\t line\n null\x00 delete\x7f separator\u2028 slash/ </b>", "bob"),
    ("text_lone_surrogate", CommMsgType.TEXT, "half \ud83d emoji", "bob"),
    ("text_from_number", CommMsgType.TEXT, 3.0, "bob"),
    ("json_text", CommMsgType.JSON, '{"type": "notification", "n": 1}', "bob"),
    ("json_from_value", CommMsgType.JSON, {"type": "通知", "n": [1, 2.0, None, True]}, "bob"),
    ("dict_nested", CommMsgType.DICT, {"type": "data", "value": 123, "nested": {"a": [1, 2], "名": "值"}}, "bob"),
    ("dict_numbers", CommMsgType.DICT,
     {"one": 1.0, "big": 12345678901234567890123, "small": 1e-7, "large": 1e22, "minus": -0.0, "third": 1 / 3}, "bob"),
    ("dict_not_finite", CommMsgType.DICT,
     {"nan": float("nan"), "most": float("inf"), "least": [float("-inf")], "text": "NaN"}, "bob"),
    ("dict_empty", CommMsgType.DICT, {}, "bob"),
    ("dict_given_a_string", CommMsgType.DICT, "passed through", "bob"),
    ("dict_given_none", CommMsgType.DICT, None, "bob"),
    ("bytes", CommMsgType.BYTES, b"Binary data\x00\xff", "bob"),
    ("bytes_all_values", CommMsgType.BYTES, bytes(range(256)), "bob"),
    ("bytes_empty", CommMsgType.BYTES, b"", "bob"),
    ("bytes_given_base64", CommMsgType.BYTES, "QmluYXJ5", "bob"),
    ("file_upload_failed", CommMsgType.FILE, "src/a.txt", "bob"),
    ("file_missing", CommMsgType.FILE, "src/missing.txt", "bob"),
    ("image_upload_failed", CommMsgType.IMAGE, "src/图.png", "bob"),
    ("folder_upload_failed", CommMsgType.FOLDER, "src", "bob"),
]

UPLOADS = [
    ("file", CommMsgType.FILE, "src/a.txt", "bob"),
    ("file_without_extension", CommMsgType.FILE, "src/README", "bob"),
    ("image", CommMsgType.IMAGE, "src/图.png", "bob"),
    ("folder", CommMsgType.FOLDER, "src", "bob"),
]

RELAYED_TOO = {"text_broadcast", "dict_nested", "dict_numbers", "dict_not_finite", "bytes", "file_upload_failed"}

HEAD = '"msg_id": "m1", "from_client_id": "raw", "to_client_id": "bob"'
TAIL = '"timestamp": 1795167060.5, "oss_key": null'

RAW = [
    ("key_order_and_spacing",
     '{"oss_key":null,"content":"x","timestamp":1795167060.5,"msg_type":"text","to_client_id":"bob",'
     '"from_client_id":"raw","msg_id":"m1"}'),
    ("unescaped_text", f'{{{HEAD}, "msg_type": "text", "content": "你好 🚀", {TAIL}}}'),
    ("escaped_slash", f'{{{HEAD}, "msg_type": "text", "content": "a\\/b", {TAIL}}}'),
    ("lone_surrogate", f'{{{HEAD}, "msg_type": "text", "content": "half \\ud83d emoji", {TAIL}}}'),
    ("duplicate_key", f'{{{HEAD}, "msg_type": "text", "content": "first", "content": "last", {TAIL}}}'),
    ("number_spellings",
     f'{{{HEAD}, "msg_type": "dict", "content": [1.50, 1e400, -1e400, 1E5, 0.1e-7, -0, -0.0, 12345678901234567890123, '
     f'1e16, 123456789.123456789], {TAIL}}}'),
    ("not_finite", f'{{{HEAD}, "msg_type": "dict", "content": [NaN, Infinity, -Infinity], {TAIL}}}'),
    ("scientific_timestamp",
     f'{{{HEAD}, "msg_type": "text", "content": "x", "timestamp": 1.795167060574E9, "oss_key": null}}'),
    ("integer_timestamp", f'{{{HEAD}, "msg_type": "text", "content": "x", "timestamp": 1795167060, "oss_key": null}}'),
    ("oss_key_absent", f'{{{HEAD}, "msg_type": "text", "content": "x", "timestamp": 1795167060.5}}'),
    ("wrong_scalars",
     '{"msg_id": 1, "from_client_id": "raw", "to_client_id": "bob", "msg_type": "text", "content": null, '
     '"timestamp": "str", "oss_key": 5}'),
    ("claimed_sender",
     f'{{"msg_id": "m1", "from_client_id": "eve", "to_client_id": "bob", "msg_type": "text", "content": "x", {TAIL}}}'),
    ("binary_frame", f'{{{HEAD}, "msg_type": "text", "content": "你好", {TAIL}}}'.encode()),
    ("forged_login_response",
     f'{{{HEAD}, "msg_type": "login_response", "content": {{"status": "success"}}, {TAIL}}}'),
    ("forged_list_clients_response",
     f'{{{HEAD}, "msg_type": "list_clients_response", '
     f'"content": "{{\\"clients\\": [], \\"total_count\\": 0, \\"only_show_online\\": true}}", {TAIL}}}'),
    ("extra_key", f'{{{HEAD}, "msg_type": "text", "content": "x", {TAIL}, "extra": 1}}'),
    ("unknown_type", f'{{{HEAD}, "msg_type": "video", "content": "x", {TAIL}}}'),
    ("type_in_capitals", f'{{{HEAD}, "msg_type": "TEXT", "content": "x", {TAIL}}}'),
    ("type_missing", f'{{{HEAD}, "content": "x", {TAIL}}}'),
    ("content_missing", f'{{{HEAD}, "msg_type": "text", {TAIL}}}'),
    ("heartbeat_to_a_client", f'{{{HEAD}, "msg_type": "heartbeat", "content": {{}}, {TAIL}}}'),
    ("to_server",
     f'{{"msg_id": "m1", "from_client_id": "raw", "to_client_id": "server", "msg_type": "text", "content": "x", {TAIL}}}'),
    ("to_all_in_the_name_of_bob",
     f'{{"msg_id": "m1", "from_client_id": "bob", "to_client_id": "all", "msg_type": "text", "content": "x", {TAIL}}}'),
    ("array", "[1]"),
    ("not_json", "hello"),
    ("empty", ""),
]

MARKER = f'{{{HEAD}, "msg_type": "text", "content": "marker", {TAIL}}}'


class RecordingProxy:
    """Stands between the clients and the server; keeps each link's frames in a queue per direction."""

    def __init__(self, target):
        self.target = target
        self.queues = {}
        self.closes = []
        self.closed = asyncio.Condition()
        self.handshake = {}

    def frames(self, client_id, origin):
        return self.queues.setdefault((client_id, origin), asyncio.Queue())

    async def next(self, client_id, origin):
        async with asyncio.timeout(10):
            return without_mac(await self.frames(client_id, origin).get())

    async def close_of(self, client_id):
        async with asyncio.timeout(10), self.closed:
            await self.closed.wait_for(lambda: any(close["client"] == client_id for close in self.closes))
            return next(close for close in self.closes if close["client"] == client_id)

    async def relay(self, client):
        async with websockets.connect(self.target, proxy=None) as server:
            self.handshake = {
                "offered": client.request.headers.get("Sec-WebSocket-Extensions"),
                "accepted": server.response.headers.get("Sec-WebSocket-Extensions"),
            }
            first = await client.recv()
            client_id = json.loads(first)["from_client_id"]
            self.frames(client_id, CLIENT).put_nowait(first)
            await server.send(first)
            pumps = [
                asyncio.create_task(self.pump(client, server, client_id, CLIENT)),
                asyncio.create_task(self.pump(server, client, client_id, SERVER)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.gather(*pumps)

    async def pump(self, source, target, client_id, origin):
        async for frame in source:
            self.frames(client_id, origin).put_nowait(frame)
            await target.send(frame)
        async with self.closed:
            if not any(close["client"] == client_id for close in self.closes):
                code, reason = source.close_code, source.close_reason
                self.closes.append({"client": client_id, "from": origin, "code": code, "reason": reason})
            self.closed.notify_all()
        await target.close(source.close_code, source.close_reason)


class AcceptingStore(BaseHTTPRequestHandler):
    """An object store that takes every upload and keeps nothing."""

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.send_header("x-oss-request-id", "recording")
        self.end_headers()

    def log_message(self, *_):
        pass


def without_mac(text):
    return re.sub(r'(?<=")[0-9a-f]{12}_(?=[0-9a-f]{8})', "a1b2c3d4e5f6_", text)


def client_of(port, client_id, store=None):
    keys = {"OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret", "OSS_ENDPOINT": store} if store else {}
    before = dict(os.environ)
    os.environ.update(keys)
    try:
        return CrossCommService(role="client", ip="127.0.0.1", port=port, client_id=client_id)
    finally:
        os.environ.clear()
        os.environ.update(before)


class Recorder:
    """Plays the conversations and names the frames."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.frames = []

    async def note(self, name, client_id, origin):
        text = await self.proxy.next(client_id, origin)
        if name is not None:
            self.frames.append({"name": name, "from": origin, "text": text})
        return text

    async def login(self, client, names=(None, None, None)):
        assert await client.login()
        await self.note(names[0], client.client_id, CLIENT)
        await self.note(names[1], client.client_id, CLIENT)
        await self.note(names[2], client.client_id, SERVER)

    async def send(self, client, messages):
        for name, msg_type, content, to in messages:
            assert await client.send_message(content, msg_type, to), name
            await self.note(name, client.client_id, CLIENT)
            await self.note(f"relayed_{name}" if name in RELAYED_TOO else None, "bob", SERVER)

    async def list_clients(self, client):
        for name, only_show_online in (("list_clients_online", True), ("list_clients_all", False)):
            assert await client.list_clients(only_show_online)
            await self.note(name, client.client_id, CLIENT)
            await self.note(name.replace("clients", "clients_response"), client.client_id, SERVER)

    async def relays(self, target):
        """Sends odd frames to the server directly; a marker after each shows whether it was relayed at all."""
        results = []
        async with websockets.connect(target, proxy=None) as raw:
            for name, sent in RAW:
                await raw.send(sent)
                await raw.send(MARKER)
                relayed = await self.proxy.next("bob", SERVER)
                dropped = '"marker"' in relayed
                if not dropped:
                    assert '"marker"' in await self.proxy.next("bob", SERVER)
                binary = isinstance(sent, bytes)
                results.append({
                    "name": name,
                    "sent": sent.decode() if binary else sent,
                    **({"binary": True} if binary else {}),
                    "relayed": None if dropped else relayed,
                })
        return results


def make_files():
    folder = pathlib.Path("src")
    folder.mkdir()
    for name in ("a.txt", "README", "图.png"):
        (folder / name).write_bytes(b"content")


async def play(store):
    server = listening_server(CrossCommService)()
    running = asyncio.create_task(server.start_server())
    target = f"ws://127.0.0.1:{await server.wait_for_port()}"
    proxy = RecordingProxy(target)
    async with websockets.serve(proxy.relay, "127.0.0.1", 0) as entrance:
        port = entrance.sockets[0].getsockname()[1]
        recorder = Recorder(proxy)
        alice, bob = client_of(port, "alice"), client_of(port, "bob")
        uploader, nameless = client_of(port, "alice_files", store), client_of(port, None)
        await recorder.login(alice, ("login", "heartbeat_first", "login_response"))
        await recorder.login(bob)
        await recorder.send(alice, MESSAGES)
        await recorder.list_clients(alice)
        await alice.logout()
        await recorder.note("logout", "alice", CLIENT)
        await recorder.login(uploader)
        await recorder.send(uploader, UPLOADS)
        assert await nameless.login()
        await recorder.note("login_automatic_id", nameless.client_id, CLIENT)
        relays = await recorder.relays(target)
        closes = [{"name": "logout", **await proxy.close_of("alice")}]
        server.stop()
        closes.append({"name": "server_stopped", **await proxy.close_of("bob")})
        await running
    return recorder.frames, closes, relays, proxy.handshake


def main():
    store = ThreadingHTTPServer(("127.0.0.1", 0), AcceptingStore)
    threading.Thread(target=store.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="cross-comm-record-") as folder:
        os.chdir(folder)
        make_files()
        frames, closes, relays, handshake = asyncio.run(play(f"http://127.0.0.1:{store.server_port}"))
        os.chdir(TARGET.parent)
    store.shutdown()
    recording = {
        "recording": {
            **original.versions(),
            "date": datetime.date.today().isoformat(),
            "how": "tests/interop/record.py: real clients and the real server, text frames noted by a proxy between them",
            "replaced": "the 12 hex digits of the machine's MAC address in generated ids, by a1b2c3d4e5f6",
            "compression": handshake,
        },
        "frames": frames,
        "closes": closes,
        "relays": relays,
    }
    TARGET.write_text(json.dumps(recording, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    emit("recorded", frames=len(frames), closes=len(closes), relays=len(relays))


if __name__ == "__main__":
    sys.exit(main())
