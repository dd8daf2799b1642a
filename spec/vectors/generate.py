"""Writes the conformance vectors of the v1 dialects, spec/vectors/v1/*.json.

The frames stand here as Python values. Their JSON text comes from Python's own `json`, their MessagePack bytes from the
PyPI package `msgpack`, so that the vectors owe nothing to the code that they test. To run it again:

    python3 -m venv .cache/vectors
    .cache/vectors/bin/pip install msgpack
    .cache/vectors/bin/python spec/vectors/generate.py
    npm run format

The output depends on nothing but this file. spec/README.md says what the files hold.
"""

import base64
import json
import pathlib

import msgpack

OUT = pathlib.Path(__file__).parent / "v1"
BIN = bytes(range(0, 256, 51)) + b"\xff\xfe"

LIMITS = {
    "frameBytes": 1048576,
    "bodyBytes": 262144,
    "framesPerArray": 256,
    "inFlight": 256,
    "windowMessages": 256,
    "windowBytes": 1048576,
    "calls": 256,
    "subscriptions": 128,
}
WELCOME = {
    "op": "welcome",
    "client": "alice",
    "session": "s-1",
    "resumeToken": "t-1",
    "resumed": False,
    "positions": {"inbox": {"epoch": "e1", "seq": 0}},
    "accepted": 0,
    "heartbeatMs": 25000,
    "limits": LIMITS,
    "durability": "memory",
    "caps": ["calls", "channels", "delivery", "groups", "list", "presence"],
    "node": "n1",
    "serverTime": 1795167060574,
}
HELLO = {"op": "hello", "client": "alice", "caps": [], "producer": "p-1"}
SEND = {"op": "send", "id": "m-1", "to": "bob", "type": "text", "n": 1, "body": "hello"}
LIVE = {"op": "send", "id": "m-0", "to": "bob", "type": "text", "qos": 0, "body": "hello"}
DELIVER = {
    "op": "deliver",
    "seq": 7,
    "id": "m-1",
    "from": "alice",
    "to": "bob",
    "type": "text",
    "ts": 1795167060574,
    "body": "hello",
}
RECEIPT = {"op": "receipt", "seq": 8, "id": "m-1", "state": "delivered", "by": "bob", "at": 1795167060574}
REFUSED = {"code": "inbox_full", "number": 3005, "message": "the inbox of bob is full", "retry": True}
FILE = {"key": "cross_comm/alice/1795167062089_fe7e40eb.txt", "name": "a.txt", "path": "src/a.txt"}

# One body for each type: what a value of that type looks like.
BODIES = {
    "text": "Hello 你好 \"q\" \\ / \u0001 \U0001f600",
    "json": '{"type": "notification", "n": 1.50}',
    "dict": {"type": "data", "value": 123, "nested": {"a": [1, 2.5, -3, True, None, ""]}, "": {}},
    "bytes": BIN,
    "image": {"key": None, "name": "p.png"},
    "file": FILE,
    "folder": {"key": "cross_comm/alice/1795167062557_a6905224_folder/", "name": "folder", "path": "src/folder"},
    "audio": {"key": "k.ogg", "name": "k.ogg", "seconds": 3.5},
    "video": {"key": "k.mp4", "name": "k.mp4", "size": 5000000000},
    "x-trace.point_1": [1, "two", {"three": None}],
}


def hello():
    yield "hello, only what is needed", "3.1.1", HELLO
    yield "hello with token, caps and agent", "3.1.1", {**HELLO, "token": "secret", "caps": ["list"], "agent": "demo/1.0"}
    resume = {"session": "s-1", "token": "t-1", "positions": {"inbox": {"epoch": "e1", "seq": 41}}}
    yield "hello that resumes", "3.4.1", {**HELLO, "resume": resume}
    yield "hello that resumes before anything was processed", "3.4.1", {**HELLO, "resume": {**resume, "positions": {}}}
    yield "hello of a client that comes only once", "3.1.1", {**HELLO, "transient": True}
    will = {"to": "all", "type": "text", "body": "gone", "headers": {"why": "will"}, "qos": 1, "ttlMs": 60000}
    yield "hello with a will", "3.6.1", {**HELLO, "will": will}
    yield "hello of an id with a reserved prefix", "8.2.3", {**HELLO, "client": "group:odd id"}
    yield "hello with fields of a later version", "1.4.2", {**HELLO, "shoeSize": 43, "later": {"a": [1]}}


def sends():
    for kind, body in BODIES.items():
        yield f"send of type {kind}", "2.5.1", {**SEND, "type": kind, "body": body}
    yield "send with every field", "4.1.1", {
        **SEND,
        "qos": 1,
        "n": 4294967296,
        "ttlMs": 60000,
        "headers": {"trace": "t-1", "ü": ""},
        "replyTo": "client:alice",
        "sec": {"alg": "none", "sig": "c2ln"},
    }
    for policy in ("store", "error", "drop"):
        yield f"send that says what to do when offline: {policy}", "4.1.8", {**SEND, "whenOffline": policy}
    yield "send that asks for receipts", "4.1.9", {**SEND, "receipts": True}
    yield "send that asks for no receipts", "4.1.9", {**SEND, "receipts": False}
    yield "send for later", "4.1.10", {**SEND, "deliverAt": 1795167060574}
    yield "send for a fractional time", "4.1.10", {**SEND, "deliverAt": 1795167060574.5}
    for priority in (0, 9):
        yield f"send with priority {priority}", "4.1.11", {**SEND, "to": "queue:jobs", "priority": priority}
    yield "send that is to be retained", "4.1.12", {**SEND, "to": "channel:news", "retain": True}
    yield "send with every wish", "4.1.1", {
        **SEND,
        "receipts": True,
        "whenOffline": "store",
        "deliverAt": 1795167060574,
        "priority": 4,
        "retain": False,
        "ttlMs": 1000,
    }
    yield "send live", "4.1.2", LIVE
    yield "send of empty bytes", "2.5.1", {**SEND, "type": "bytes", "body": b""}
    yield "send of empty text", "2.5.1", {**SEND, "body": ""}
    yield "send of an empty dict", "2.5.1", {**SEND, "type": "dict", "body": {}}
    yield "send of null under an application type", "2.5.1", {**SEND, "type": "x-nothing", "body": None}
    yield "send of a false under an application type", "2.5.1", {**SEND, "type": "x-flag", "body": False}
    yield "send to everyone", "8.1.1", {**SEND, "to": "all"}
    yield "send to the hub", "8.1.1", {**SEND, "to": "hub"}
    yield "send to a full client address", "8.1.1", {**SEND, "to": "client:group:odd id"}
    yield "send of text longer than 32 characters", "2.5.1", {**SEND, "body": "0123456789" * 30}
    yield "send of bytes longer than 255", "2.5.1", {**SEND, "type": "bytes", "body": bytes(range(256)) * 2}
    yield "send of a dict with more than 15 members", "2.5.1", {
        **SEND,
        "type": "dict",
        "body": {f"member {i}": i * 1000003 for i in range(40)},
    }
    yield "send with a member body inside the body", "2.5.1", {
        **SEND,
        "type": "dict",
        "body": {"body": {"body": "},{\"body\":"}, "a": ["body", "]"]},
    }


def other_client_frames():
    yield "ack of the inbox", "4.4.1", {"op": "ack", "seq": 7}
    yield "ack that names the inbox", "4.4.1", {"op": "ack", "stream": "inbox", "seq": 9007199254740991}
    yield "nack", "4.5.1", {"op": "nack", "seq": 7}
    yield "nack with stream and delay", "4.5.1", {"op": "nack", "stream": "queue:jobs", "seq": 7, "delayMs": 1000}
    yield "nack with the longest delay", "4.5.1", {"op": "nack", "seq": 7, "delayMs": 86400000}
    yield "receipt: read", "4.6.5", {"op": "receipt", "id": "m-1", "from": "alice", "state": "read"}
    yield "join", "4.7.1", {"op": "join", "id": "q-1", "to": "group:team"}
    yield "join of somebody else", "4.7.1", {"op": "join", "id": "q-1", "to": "group:team", "client": "bob", "role": "owner"}
    yield "leave of somebody else", "4.7.1", {"op": "leave", "id": "q-1", "to": "group:team", "client": "bob"}
    yield "subscribe", "4.7.5", {"op": "subscribe", "id": "q-1", "to": "channel:news.*"}
    yield "subscribe from a position", "4.7.6", {
        "op": "subscribe",
        "id": "q-1",
        "to": "channel:news",
        "after": {"epoch": "e1", "seq": 0},
        "retained": False,
    }
    yield "subscribe from the start", "4.7.6", {"op": "subscribe", "id": "q-1", "to": "channel:**", "after": "start"}
    yield "subscribe with the newest", "4.7.6", {"op": "subscribe", "id": "q-1", "to": "channel:news.**", "last": 10, "retained": True}
    yield "subscribe to a queue", "4.7.5", {"op": "subscribe", "id": "q-1", "to": "queue:jobs", "prefetch": 16}
    yield "watch presence", "5.1.1", {"op": "presence", "watch": True}
    yield "watch presence no longer", "5.1.1", {"op": "presence", "watch": False}
    yield "state", "5.1.3", {"op": "presence", "state": {"mode": "busy", "cpu": 0.5, "jobs": [1, None, True]}}
    yield "state taken back, and watch presence", "5.1.3", {"op": "presence", "watch": True, "state": None}
    yield "list", "5.2.1", {"op": "list", "id": "q-1"}
    yield "list of everyone", "5.2.1", {"op": "list", "id": "q-1", "online": False}
    yield "bye", "5.5.1", {"op": "bye"}


def both_ends():
    yield "request", "4.8.1", {"op": "request", "id": "r-1", "to": "bob", "method": "add"}
    yield "request with everything", "4.8.1", {
        "op": "request",
        "id": "r-1",
        "to": "bob",
        "from": "alice",
        "method": "add",
        "timeoutMs": 30000,
        "body": [1, 2],
    }
    yield "request with the longest time", "4.8.1", {
        "op": "request",
        "id": "r-1",
        "to": "hub",
        "method": "x" * 256,
        "timeoutMs": 86400000,
        "body": None,
    }
    yield "response", "4.8.4", {"op": "response", "id": "r-1", "body": 3}
    yield "response with nothing", "4.8.4", {"op": "response", "id": "r-1"}
    yield "response that is null", "4.8.4", {"op": "response", "id": "r-1", "body": None}
    yield "response in parts", "4.8.4", {"op": "response", "id": "r-1", "part": 0, "end": False, "body": "3"}
    yield "response: the end of parts", "4.8.4", {"op": "response", "id": "r-1", "part": 1, "end": True}
    yield "response that failed", "4.8.4", {"op": "response", "id": "r-1", "error": REFUSED}
    yield "credit", "4.8.6", {"op": "credit", "id": "r-1", "parts": 16}
    yield "cancel", "4.8.7", {"op": "cancel", "id": "r-1"}
    yield "leave", "4.7.1", {"op": "leave", "id": "q-1", "to": "group:team"}
    yield "unsubscribe", "4.7.5", {"op": "unsubscribe", "id": "q-1", "to": "channel:news.*"}
    yield "ping", "5.3.1", {"op": "ping"}
    yield "ping with id", "5.3.1", {"op": "ping", "id": "1"}
    yield "pong", "5.3.1", {"op": "pong"}
    yield "pong with id", "5.3.1", {"op": "pong", "id": "1"}


def hub_frames():
    yield "welcome to a new session", "3.2.1", WELCOME
    yield "welcome to a resumed session", "3.4.2", {
        **WELCOME,
        "resumed": True,
        "positions": {"inbox": {"epoch": "e1", "seq": 41}, "channel:news": {"epoch": "e2", "seq": 3}},
        "accepted": 12,
        "durability": "disk",
    }
    for reason in ("epoch", "expired", "trimmed"):
        gap = {"stream": "inbox", "from": 42, "to": 57, "reason": reason}
        yield f"welcome with a gap: {reason}", "3.4.6", {**WELCOME, "resumed": True, "gaps": [gap]}
    yield "sent: stored", "4.2.1", {"op": "sent", "n": 3, "state": "stored"}
    yield "sent: duplicate", "4.2.3", {"op": "sent", "n": 3, "state": "duplicate"}
    yield "sent: dropped", "4.1.8", {"op": "sent", "n": 3, "state": "dropped"}
    yield "sent: refused", "4.2.2", {"op": "sent", "n": 4, "error": REFUSED}
    for kind, body in BODIES.items():
        yield f"deliver of type {kind}", "4.3.1", {**DELIVER, "type": kind, "body": body}
    yield "deliver live", "4.3.2", {key: value for key, value in DELIVER.items() if key != "seq"}
    yield "deliver with every field", "4.3.1", {
        **DELIVER,
        "stream": "inbox",
        "attempt": 2,
        "from": "client:group:odd id",
        "headers": {"trace": "t-1"},
        "replyTo": "alice",
        "sec": [1, 2],
    }
    yield "deliver from the hub to everyone", "4.3.1", {**DELIVER, "from": "hub", "to": "all"}
    yield "deliver at a fractional time", "4.3.1", {**DELIVER, "ts": 1795167060574.5}
    yield "deliver of a retained value", "4.7.7", {
        **{key: value for key, value in DELIVER.items() if key != "seq"},
        "to": "channel:news.local",
        "retained": True,
    }
    yield "joined", "4.7.1", {"op": "join", "id": "q-1", "to": "group:team", "members": 3, "role": "member"}
    yield "subscribed", "4.7.6", {
        "op": "subscribe",
        "id": "q-1",
        "to": "channel:news.*",
        "position": {"epoch": "e1", "seq": 41},
        "gaps": [{"stream": "channel:news.*", "from": 1, "to": 12, "reason": "trimmed"}],
    }
    yield "subscribed to a queue", "4.7.5", {"op": "subscribe", "id": "q-1", "to": "queue:jobs"}
    for state in ("delivered", "read", "expired", "failed"):
        yield f"receipt: {state}", "4.6.1", {**RECEIPT, "state": state}
    yield "receipt of a failure, with its reason", "4.6.1", {**RECEIPT, "state": "failed", "code": "attempts_exhausted"}
    yield "deliver whose sender wants receipts", "4.6.5", {**DELIVER, "attempt": 16, "receipts": True}
    bob = {"client": "bob", "online": True, "since": 1795167060574, "lastSeen": 1795167061000, "node": "n1", "dialect": "json"}
    carol = {"client": "carol", "online": False, "lastSeen": 1795167050000, "node": "n1"}
    dave = {**bob, "client": "dave", "generation": 1795167060574, "state": {"mode": "busy", "jobs": [1, None]}}
    yield "presence of everyone", "5.1.2", {"op": "presence", "full": True, "clients": [bob, carol]}
    yield "presence change", "5.1.2", {"op": "presence", "full": False, "clients": [carol]}
    yield "presence with a state", "5.1.3", {"op": "presence", "full": False, "clients": [dave]}
    yield "presence with generations", "5.1.4", {"op": "presence", "full": True, "clients": [dave, {**carol, "generation": 0}]}
    yield "presence of nobody", "5.1.2", {"op": "presence", "full": True, "clients": []}
    yield "listed, with more to come", "5.2.2", {"op": "list", "id": "q-1", "more": True, "clients": [bob]}
    yield "listed", "5.2.2", {"op": "list", "id": "q-1", "clients": [bob, {**carol, "dialect": "cross_comm"}]}
    yield "error", "2.6.1", {"op": "error", "code": "unknown_op", "number": 1003, "message": "op \"x\" is not known", "retry": False}
    yield "error about a frame", "2.6.1", {"op": "error", **REFUSED, "about": {"op": "send", "id": "m-0"}}
    yield "error about an address", "2.6.1", {"op": "error", **REFUSED, "about": {"op": "subscribe", "to": "channel:a.*"}}
    yield "error about an op", "2.6.1", {"op": "error", **REFUSED, "about": {"op": "ack"}}
    yield "goaway", "5.4.1", {"op": "goaway", "reason": "the hub restarts", "reconnectAfterMs": 1500}


def without_bytes(value):
    """JSON has no bytes: they become base64 text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: without_bytes(member) for key, member in value.items()}
    return [without_bytes(each) for each in value] if isinstance(value, list) else value


def marked(value):
    """The canonical form in a vector: bytes are told apart from text."""
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: marked(member) for key, member in value.items()}
    return [marked(each) for each in value] if isinstance(value, list) else value


def compact(value):
    return json.dumps(without_bytes(value), ensure_ascii=False, separators=(",", ":"))


def spaced(value):
    """Another spelling of the same: escapes, spaces, line breaks."""
    return json.dumps(without_bytes(value), ensure_ascii=True, indent=1)


def packed(value):
    return msgpack.packb(value, use_bin_type=True).hex()


def vector(origin, name, clause, frame):
    return {
        "name": name,
        "clause": clause,
        "from": origin,
        "frame": marked(frame),
        "json": compact(frame),
        "jsonSpaced": spaced(frame),
        "msgpack": packed(frame),
    }


def frames():
    for origin, sources in (("client", (hello, sends, other_client_frames, both_ends)), ("hub", (hub_frames, both_ends))):
        for source in sources:
            for name, clause, frame in source():
                yield vector(origin, name, clause, frame)


def array(origin, name, list_of_frames, clause="2.3.1"):
    entry = vector(origin, name, clause, list_of_frames)
    entry["frames"] = entry.pop("frame")
    return entry


def arrays():
    yield array("client", "two frames", [LIVE, {"op": "ack", "seq": 1}])
    yield array("client", "one frame in an array", [{"op": "bye"}])
    yield array("client", "no frames at all", [])
    yield array("client", "bodies of every type, each kept apart", [
        {**SEND, "n": n + 1, "id": f"m-{n}", "type": kind, "body": body} for n, (kind, body) in enumerate(BODIES.items())
    ])
    yield array("client", "more frames than a short MessagePack array holds", [{"op": "ack", "seq": n} for n in range(20)])
    yield array("hub", "answers and deliveries", [{"op": "sent", "n": 2, "state": "stored"}, DELIVER, {"op": "ping"}])
    yield array("hub", "bodies of every type", [{**DELIVER, "seq": n + 1, "type": kind, "body": body} for n, (kind, body) in enumerate(BODIES.items())])


def without(frame, key):
    return {name: value for name, value in frame.items() if name != key}


# A value of a wrong kind for each field, by op. Whatever is not said here is tried as missing.
WRONG = {
    "client": [
        ({**HELLO}, {"client": 1, "caps": "list", "producer": "", "token": None, "resume": {"session": "s"}, "agent": "", "transient": 1, "will": {"to": "all", "type": "text"}}),
        (SEND, {"id": "", "to": 5, "type": "letter", "qos": 2, "headers": {"a": 1}, "replyTo": [], "ttlMs": 0,
                "receipts": 1, "whenOffline": "wait", "deliverAt": "now", "priority": 10, "retain": "yes"}),
        ({"op": "ack", "seq": 1}, {"seq": -1, "stream": 1}),
        ({"op": "nack", "seq": 1}, {"seq": 1.5, "delayMs": "1"}),
        ({"op": "receipt", "id": "m", "from": "alice", "state": "read"}, {"id": "", "from": 1, "state": "delivered"}),
        ({"op": "join", "id": "q", "to": "group:a"}, {"id": "", "to": None, "client": 1, "role": "king"}),
        ({"op": "leave", "id": "q", "to": "group:a"}, {"id": 1, "to": "", "client": ""}),
        ({"op": "subscribe", "id": "q", "to": "channel:a"}, {
            "id": None, "to": {}, "after": {"epoch": "e"}, "last": 0, "retained": 1, "prefetch": 0}),
        ({"op": "unsubscribe", "id": "q", "to": "channel:a"}, {"id": [], "to": False}),
        ({"op": "presence", "watch": True}, {"watch": 1}),
        ({"op": "list", "id": "q"}, {"id": "x" * 257, "online": "yes"}),
        ({"op": "request", "id": "r", "to": "bob", "method": "m"}, {"id": 1, "to": "", "method": None, "timeoutMs": 0}),
        ({"op": "response", "id": "r"}, {"id": {}, "error": {"code": "x"}, "part": -1, "end": 1}),
        ({"op": "cancel", "id": "r"}, {"id": []}),
        ({"op": "credit", "id": "r", "parts": 1}, {"id": "", "parts": 0}),
        ({"op": "ping"}, {"id": ""}),
        ({"op": "pong"}, {"id": 7}),
    ],
    "hub": [
        (WELCOME, {"client": "", "session": 1, "resumeToken": None, "resumed": "no", "positions": [], "accepted": -1,
                   "heartbeatMs": 0, "limits": {}, "durability": "some", "caps": None, "node": 1, "serverTime": "now",
                   "gaps": [{"stream": "inbox", "from": 1, "to": 2, "reason": "lost"}]}),
        ({"op": "sent", "n": 1, "state": "stored"}, {"n": 0, "state": "lost"}),
        (DELIVER, {"id": 1, "from": "", "to": None, "type": "letter", "ts": "now", "seq": 0, "attempt": 0, "stream": ""}),
        (RECEIPT, {"id": "", "state": "seen", "by": 1, "at": "now", "seq": 0, "code": 7}),
        ({"op": "presence", "full": True, "clients": []}, {"full": None, "clients": [{"client": "bob"}]}),
        ({"op": "join", "id": "q", "to": "group:a", "members": 1, "role": "owner"}, {"id": 1, "to": "", "members": -1, "role": "king"}),
        ({"op": "leave", "id": "q", "to": "group:a"}, {"id": 1, "to": ""}),
        ({"op": "subscribe", "id": "q", "to": "channel:a"}, {"id": "", "to": 1, "position": 7, "gaps": {}}),
        ({"op": "unsubscribe", "id": "q", "to": "channel:a"}, {"id": None, "to": None}),
        ({"op": "list", "id": "q", "clients": []}, {"id": 1, "clients": {}, "more": "yes"}),
        ({"op": "error", **REFUSED}, {"code": "", "number": -1, "message": None, "retry": "no", "about": "send"}),
        ({"op": "goaway", "reason": "r", "reconnectAfterMs": 0}, {"reason": 1, "reconnectAfterMs": -1}),
    ],
}
REQUIRED = {
    "hello": ("client", "caps", "producer"),
    "send": ("id", "to", "type", "body"),
    "welcome": tuple(key for key in WELCOME if key != "op"),
    "deliver": ("id", "from", "to", "type", "ts", "body"),
    "ack": ("seq",), "nack": ("seq",), 
    "join": ("id", "to", "members", "role"), "leave": ("id", "to"), "subscribe": ("id", "to"), "unsubscribe": ("id", "to"),
    "presence": ("full", "clients"), "list": ("id", "clients"), "request": ("id", "to", "method"),
    "response": ("id",), "cancel": ("id",), "credit": ("id", "parts"), "receipt": ("id", "state", "by", "at", "from"), "sent": ("n", "state"),
    "error": ("code", "number", "message", "retry"), "goaway": ("reason", "reconnectAfterMs"),
}


def invalid_field(frame):
    """The answer to a frame with a wrong field: about which op, which id, which n."""
    outcome = {"error": "invalid_field", "about": frame["op"]}
    if isinstance(frame.get("id"), str):
        outcome["id"] = frame["id"][:256]
    n = frame.get("n")
    if frame["op"] == "send" and frame.get("qos") != 0 and isinstance(n, int) and 0 < n < 2**53:
        outcome["n"] = n
    return outcome


def refused(origin, name, frame, clause="2.2.3", dialects=("json", "msgpack")):
    return {
        "name": name,
        "clause": clause,
        "from": origin,
        **({"json": json.dumps(without_bytes(frame))} if "json" in dialects else {}),
        **({"msgpack": packed(frame)} if "msgpack" in dialects else {}),
        "outcome": [invalid_field(frame)],
    }


def wrong_fields():
    for origin, cases in WRONG.items():
        for frame, wrong in cases:
            for key, value in wrong.items():
                yield refused(origin, f"{frame['op']} from a {origin} with a wrong {key}", {**frame, key: value})
            for key in REQUIRED.get(frame["op"], ()):
                if key in frame:
                    yield refused(origin, f"{frame['op']} from a {origin} without {key}", without(frame, key))
    yield refused("client", "a live send with a wrong field gets no sent", {**LIVE, "n": 5, "to": ""}, "4.2.4")
    yield refused("client", "a send with a wrong field and a wrong n", {**SEND, "n": 0}, "4.2.4")
    yield refused("client", "a send with n as text", {**SEND, "n": "1"}, "4.2.4")
    yield refused("client", "a send with a fractional n", {**SEND, "n": 1.5}, "4.2.4")
    yield refused("client", "a send with an n beyond 2^53 - 1", {**SEND, "n": 9007199254740993}, "4.2.4")
    yield refused("client", "a send with more than 64 headers", {**SEND, "headers": {str(i): "" for i in range(65)}})
    yield refused("client", "empty bytes where an object belongs", {**SEND, "headers": b""}, dialects=("msgpack",))
    for priority in (-1, 10, 4.5, True):
        yield refused("client", f"a send with priority {priority}", {**SEND, "to": "queue:jobs", "priority": priority}, "4.1.11")
    yield refused("client", "a nack with a delay of more than a day", {"op": "nack", "seq": 1, "delayMs": 86400001}, "4.5.1")
    yield refused("client", "half a surrogate pair in an id", {**SEND, "id": "\ud800"}, dialects=("json",))
    yield refused("client", "an x- type with a forbidden character", {**SEND, "type": "x-a b"})
    yield refused("client", "an x- type without a name", {**SEND, "type": "x-"})
    yield refused("client", "an optional field that is null", {**SEND, "replyTo": None})
    for name, fields in {
        "error and body": {"error": REFUSED, "body": 1},
        "error and part": {"error": REFUSED, "part": 0},
        "error and end": {"error": REFUSED, "end": True},
        "end without part": {"end": True},
        "end with body": {"part": 1, "end": True, "body": 1},
        "a part without body": {"part": 0},
    }.items():
        yield refused("client", f"a response with {name}", {"op": "response", "id": "r-1", **fields}, "4.8.4")
    both = {"op": "subscribe", "id": "q-1", "to": "channel:a", "after": "start", "last": 1}
    yield refused("client", "a subscribe with both after and last", both, "4.7.6")
    yield refused("client", "presence with neither watch nor state", {"op": "presence"}, "5.1.1")
    for timeout in (86400001, 1.5, None):
        yield refused("client", f"a request with timeoutMs {timeout}", {"op": "request", "id": "r-1", "to": "b", "method": "m", "timeoutMs": timeout}, "4.8.1")
    yield refused("client", "a request with a method of 257 characters", {"op": "request", "id": "r-1", "to": "b", "method": "m" * 257}, "8.3.2")
    yield refused("hub", "a sent with both state and error", {"op": "sent", "n": 1, "state": "stored", "error": REFUSED}, "4.2.1")


def unknown_ops():
    for origin in ("client", "hub"):
        for op in ("dance", "constructor", "__proto__", "toString", "", "bad", "HELLO"):
            frame = {"op": op, "id": "i-1"}
            yield {"name": f"unknown op {op!r} from a {origin}", "clause": "2.2.2", "from": origin, "json": compact(frame),
                   "msgpack": packed(frame), "outcome": [{"error": "unknown_op", "about": op, "id": "i-1"}]}
    for origin, op in (("client", "welcome"), ("client", "deliver"), ("hub", "send"), ("hub", "hello"), ("hub", "bye")):
        frame = {"op": op}
        yield {"name": f"{op} from the wrong end", "clause": "2.2.2", "from": origin, "json": compact(frame),
               "msgpack": packed(frame), "outcome": [{"error": "unknown_op", "about": op}]}
    for name, frame in (("no op", {"id": "i-1"}), ("an op that is a number", {"op": 1}), ("an op that is null", {"op": None})):
        outcome = {"error": "invalid_field", "about": ""}
        if "id" in frame:
            outcome["id"] = frame["id"]
        yield {"name": name, "clause": "2.2.2", "from": "client", "json": compact(frame), "msgpack": packed(frame),
               "outcome": [outcome]}
    mixed = [{"op": "dance"}, {"op": "ack", "seq": 1}, {**SEND, "to": 5}, {"op": "bye"}]
    outcome = [{"error": "unknown_op", "about": "dance"}, {"op": "ack"}, invalid_field(mixed[2]), {"op": "bye"}]
    yield {"name": "an error inside an array does not stop the other frames", "clause": "2.3.3", "from": "client",
           "json": compact(mixed), "msgpack": packed(mixed), "outcome": outcome}


def closing(name, error, clause="2.2.1", origin="client", **wire):
    return {"name": name, "clause": clause, "from": origin, **wire, "outcome": {"close": error}}


def broken_json():
    texts = {
        "nothing": "", "spaces": "  ", "a word": "hello", "a string": '"hello"', "a number": "42", "true": "true", "null": "null",
        "cut short": '{"op":"bye"', "more behind it": '{"op":"bye"}{', "two frames side by side": '{"op":"bye"}{"op":"bye"}',
        "a comment": '{"op":"bye"/**/}', "a comma at the end": '{"op":"bye",}', "single quotes": "{'op':'bye'}",
        "NaN": '{"op":"send","id":"m","to":"b","type":"dict","n":1,"body":{"a":NaN}}', "a raw line break in a string": '{"op":"a\nb"}',
        "an array in an array": '[[{"op":"bye"}]]', "null in an array": '[{"op":"bye"},null]', "text in an array": '[{"op":"bye"},"a"]',
    }
    for name, text in texts.items():
        yield closing(f"JSON: {name}", "malformed_frame", json=text)
    for name, raw in {"not UTF-8": b'{"op":"\xff"}', "cut inside a character": b'{"op":"\xe4\xbd',
                      "a surrogate in UTF-8": b'{"op":"\xed\xa0\x80"}', "an overlong character": b'{"op":"\xc0\xaf"}'}.items():
        yield closing(f"JSON: {name}", "malformed_frame", jsonHex=raw.hex())


def broken_msgpack():
    whole = msgpack.packb(SEND)
    cases = {
        "nothing": b"", "nil": b"\xc0", "a number": b"\x2a", "text": msgpack.packb("hello"), "bin": msgpack.packb(b"hello"),
        "cut short": whole[:-1], "cut after the head": whole[:1], "one byte behind it": whole + b"\xc0", "two frames side by side": whole + whole,
        "byte 0xc1": b"\x81\xa2op\xc1", "byte 0xc1 alone": b"\xc1", "a map that claims 4 billion members": b"\xdf\xff\xff\xff\xff",
        "an array that claims 4 billion frames": b"\xdd\xff\xff\xff\xff", "a string that claims 4 GB": b"\x81\xdb\xff\xff\xff\xff",
        "bin that claims 4 GB": b"\x81\xa2op\xc6\xff\xff\xff\xff", "a claimed size cut short": b"\xdf\xff",
        "an extension value": b"\x81\xa2op\xd4\x01\x00", "an extension of 8 bits size": b"\x81\xa2op\xc7\x01\x05\x00",
        "an extension at the top": b"\xd4\x01\x00", "a key that is nil": b"\x81\xc0\x01",
        "a key that is bin": b"\x81\xc4\x02op\xa3bye", "a key that is an array": b"\x81\x90\x01",
        "a string that is not UTF-8": b"\x81\xa2op\xa1\xff", "a string that ends inside a character": b"\x81\xa2op\xa2\xe4\xbd",
        "a surrogate in a string": b"\x81\xa2op\xa3\xed\xa0\x80", "a member named __proto__": msgpack.packb({"op": "bye", "__proto__": 1}),
        "an array in an array": msgpack.packb([[{"op": "bye"}]]), "nil in an array": msgpack.packb([{"op": "bye"}, None]),
    }
    for name, raw in cases.items():
        yield closing(f"MessagePack: {name}", "malformed_frame", msgpack=raw.hex())
    stamp = msgpack.packb({**SEND, "type": "x-time", "body": msgpack.Timestamp(1, 0)})
    yield closing("MessagePack: a timestamp as body", "malformed_frame", "2.5.6", msgpack=stamp.hex())


def parts(*pieces):
    """Text or hexadecimal digits made of pieces that are repeated: [piece, times]."""
    return [list(piece) for piece in pieces]


def nested(opening, inner, ending, levels):
    head = '{"op":"send","id":"m","to":"b","type":"x-deep","n":1,"body":'
    return parts((head, 1), (opening, levels), (inner, 1), (ending, levels), ("}", 1))


def packed_nested(opening, inner, levels):
    head = "86" + "".join(packed(each) for each in ("op", "send", "id", "m", "to", "b", "type", "x-deep", "n", 1, "body"))
    return parts((head, 1), (opening, levels), (inner, 1))


def limits():
    def entry(name, clause, outcome, **wire):
        return {"name": name, "clause": clause, "from": "client", **wire, "outcome": outcome}

    good, deep = [{"op": "send"}], {"close": "too_deep"}
    yield entry("64 levels", "6.2.1", good, jsonParts=nested("[", "1", "]", 63), msgpackParts=packed_nested("91", "01", 63))
    yield entry("65 levels", "6.2.1", deep, jsonParts=nested("[", "1", "]", 64), msgpackParts=packed_nested("91", "01", 64))
    yield entry("65 levels, the innermost empty", "6.2.1", deep, jsonParts=nested("[", "[]", "]", 63), msgpackParts=packed_nested("91", "90", 63))
    yield entry("64 levels of objects", "6.2.1", good, jsonParts=nested('{"a":', "1", "}", 63), msgpackParts=packed_nested("81a161", "01", 63))
    yield entry("65 levels of objects", "6.2.1", deep, jsonParts=nested('{"a":', "1", "}", 64), msgpackParts=packed_nested("81a161", "01", 64))
    yield entry("64 levels inside an array of frames", "6.2.1", good, jsonParts=parts(("[", 1), *nested("[", "1", "]", 63), ("]", 1)),
                msgpackParts=parts(("91", 1), *packed_nested("91", "01", 63)))
    yield entry("65 levels inside an array of frames", "6.2.1", deep, jsonParts=parts(("[", 1), *nested("[", "1", "]", 64), ("]", 1)),
                msgpackParts=parts(("91", 1), *packed_nested("91", "01", 64)))
    yield entry("100,000 levels", "6.2.1", deep, jsonParts=nested("[", "1", "]", 100000), msgpackParts=packed_nested("91", "01", 100000))
    yield entry("100,000 levels at the top", "6.2.1", {"close": "*"}, jsonParts=parts(("[", 100000), ("]", 100000)),
                msgpackParts=parts(("91", 100000), ("01", 1)))
    bye = packed({"op": "bye"})
    yield entry("256 frames in an array", "2.3.2", [{"op": "bye"}] * 256, jsonParts=parts(("[", 1), ('{"op":"bye"},', 255), ('{"op":"bye"}]', 1)),
                msgpackParts=parts(("dc0100", 1), (bye, 256)))
    yield entry("257 frames in an array", "2.3.2", {"close": "frame_too_large"}, jsonParts=parts(("[", 1), ('{"op":"bye"},', 256), ('{"op":"bye"}]', 1)),
                msgpackParts=parts(("dc0101", 1), (bye, 257)))


def spelled():
    """Frames whose spelling is unusual and whose meaning is not."""
    def entry(name, frame, clause="2.2.4", **wire):
        return {"name": name, "clause": clause, "from": "client", "frame": marked(frame), **wire}

    dict_send = {**SEND, "type": "dict"}
    head = '"op":"send","id":"m-1","to":"bob","type":"dict","n":1'
    yield entry("of a member that comes twice the last counts", {**dict_send, "body": {"last": 2}}, json='{"body":{"first":1},' + head + ',"body":{"last":2}}')
    yield entry("a name spelled with escapes", {**dict_send, "body": {"a": 1}}, json="{" + head + ',"\\u0062ody":{"a":1}}')
    yield entry("an escaped name after a plain one", {**dict_send, "body": {"last": 2}}, json='{"body":{"first":1},' + head + ',"b\\u006fdy":{"last":2}}')
    yield entry("a plain name after an escaped one", {**dict_send, "body": {"last": 2}}, json='{"bod\\u0079":{"first":1},' + head + ',"body":{"last":2}}')
    yield entry("braces and quotes inside strings", {**dict_send, "body": {"}": "\\\",\"body\":{"}}, json="{" + head + ',"body":{"}":"\\\\\\",\\"body\\":{"}}')
    yield entry("spaces everywhere", {**dict_send, "body": {"a": [1]}}, json=" \n{ " + head.replace(":", " :\t").replace(",", " ,\r\n") + ' , "body" : { "a" : [ 1 ] } } ')
    yield entry("whole numbers spelled as floats", {**dict_send, "body": {"a": 1}}, json=('{' + head + ',"body":{"a":1.0}}').replace('"n":1', '"n":1.0e0'))
    yield entry("a byte order mark before JSON bytes", {**dict_send, "body": {}}, jsonHex=("\ufeff{" + head + ',"body":{}}').encode().hex())
    swapped = {"body": {"a": 1}, **without(dict_send, "body")}
    yield entry("body as the first member", {**dict_send, "body": {"a": 1}}, json=compact(swapped), msgpack=packed(swapped))
    wide = bytes([0xDF, 0, 0, 0, 6]) + b"".join(bytes([0xDB, 0, 0, 0, len(key)]) + key.encode() + value for key, value in (
        ("op", msgpack.packb("send")), ("id", b"\xd9\x03m-1"), ("to", b"\xda\x00\x03bob"), ("type", msgpack.packb("dict")),
        ("n", b"\xd3" + (1).to_bytes(8, "big")), ("body", b"\xde\x00\x01\xd9\x01a\xcf" + (1).to_bytes(8, "big"))))
    yield entry("the longest heads for short values", {**dict_send, "body": {"a": 1}}, msgpack=wide.hex())
    floats = packed({**dict_send, "n": 1.0, "body": {"a": 1.0}})
    yield entry("whole numbers as MessagePack floats", {**dict_send, "body": {"a": 1}}, msgpack=floats)
    twice = "87" + packed({"body": {"first": 1}})[2:] + packed({**dict_send, "body": {"last": 2}})[2:]
    yield entry("of a MessagePack member that comes twice the last counts", {**dict_send, "body": {"last": 2}}, msgpack=twice)


def bodies():
    def entry(name, kind, json_text, value, **more):
        return {"name": name, "clause": "2.5.4", "type": kind, "json": json_text, "msgpack": packed(value), **more}

    for kind, body in BODIES.items():
        yield entry(f"{kind}", kind, compact(body), body)
    yield entry("integers of 64 bits", "dict", '{"max":9223372036854775807,"min":-9223372036854775808,"top":18446744073709551615}',
                {"max": 2**63 - 1, "min": -(2**63), "top": 2**64 - 1})
    yield entry("integers of 33 and of 53 bits", "x-list", "[4294967295,4294967296,-2147483648,-2147483649,1795167060574,9007199254740993]",
                [2**32 - 1, 2**32, -(2**31), -(2**31) - 1, 1795167060574, 2**53 + 1])
    yield entry("an integer of 23 digits", "dict", '{"a":12345678901234567890123}', {"a": 1.2345678901234567890123e22}, only="json to msgpack")
    yield entry("an integer of 23 digits on the way back", "dict", '{"a":1.2345678901234568e+22}', {"a": 1.2345678901234567890123e22}, only="msgpack to json")
    yield entry("whole numbers spelled as floats", "dict", '{"a":1.0,"b":1e2}', {"a": 1, "b": 100}, only="json to msgpack")
    yield entry("floats that are whole", "dict", '{"a":1}', {"a": 1.0}, only="msgpack to json")
    yield entry("fractions", "x-list", "[0.1,-1.5,1e-7,1.7976931348623157e+308,5e-324]", [0.1, -1.5, 1e-7, 1.7976931348623157e308, 5e-324])
    yield entry("a float of 32 bits", "x-list", "[0.5]", [0.5], only="msgpack to json")
    yield entry("nested bin", "dict", '{"a":"AAEC","b":["/w=="]}', {"a": b"\x00\x01\x02", "b": [b"\xff"]}, only="msgpack to json")
    yield entry("bytes without padding, URL-safe", "bytes", '"-_8"', b"\xfb\xff", only="json to msgpack")
    yield entry("integers as names", "x-map", '{"1":"a","-5":"b","18446744073709551615":"c"}', {1: "a", -5: "b", 2**64 - 1: "c"}, only="msgpack to json")
    yield entry("half a surrogate pair", "dict", '{"\\ud800":"a\\udfff"}', {"\ufffd": "a\ufffd"}, only="json to msgpack")
    yield entry("a whole surrogate pair", "text", '"\\ud83d\\ude00"', "\U0001f600", only="json to msgpack")
    yield entry("a member named constructor", "dict", '{"constructor":{"prototype":1},"toString":2}', {"constructor": {"prototype": 1}, "toString": 2})
    yield entry("63 levels", "x-deep", "[" * 63 + "]" * 63, nest(63))

    yield from cross_comm_bodies()

    def unsayable(name, kind, error="unrepresentable", **body):
        return {"name": name, "clause": "2.5.5", "type": kind, **body, "outcome": {"error": error}}

    yield unsayable("NaN", "dict", msgpack=packed({"a": float("nan")}))
    yield unsayable("Infinity inside an array", "x-list", msgpack=packed([float("inf")]))
    yield unsayable("-Infinity alone", "x-number", msgpack=packed(float("-inf")))
    yield unsayable("a number beyond the range of a double", "dict", json='{"a":1e400}')
    yield unsayable("a member named __proto__", "dict", json='{"a":{"__proto__":1}}')
    yield unsayable("bytes that are not base64", "bytes", "invalid_body", json='"not base64!"')


def cross_comm_bodies():
    """What a frame of a cross_comm peer becomes for v1 peers. The frames are spelled as that peer spells them."""
    def frame(kind, content, oss_key="null"):
        return ('{"msg_id": "a_1_5da2e358", "from_client_id": "a", "to_client_id": "b", "msg_type": "' + kind + '", "content": '
                + content + ', "timestamp": 1795167060.5746202, "oss_key": ' + oss_key + "}")

    def entry(name, kind, content, json_text, value, oss_key="null"):
        return {"name": f"from cross_comm: {name}", "clause": "9.5.1", "type": kind, "crossComm": frame(kind, content, oss_key),
                "json": json_text, "msgpack": packed(value)}

    def unsayable(name, kind, content):
        return {"name": f"from cross_comm: {name}", "clause": "9.5.5", "type": kind, "crossComm": frame(kind, content),
                "outcome": {"error": "unrepresentable"}}

    yield entry("text", "text", '"Hello \\u4f60"', '"Hello \\u4f60"', "Hello \u4f60")
    yield entry("json", "json", '"{\\"n\\": 1.50}"', '"{\\"n\\": 1.50}"', '{"n": 1.50}')
    yield entry("dict as an object, spelled as it came", "dict", '{"a": 1.50, "b": 12345678901234567890}', '{"a": 1.50, "b": 12345678901234567890}',
                {"a": 1.5, "b": 12345678901234567890})
    yield entry("dict as the text of an object", "dict", '"{\\"a\\": [1, 2]}"', '{"a": [1, 2]}', {"a": [1, 2]})
    yield entry("bytes", "bytes", '"/w=="', '"/w=="', b"\xff")
    yield entry("bytes without padding", "bytes", '"/w"', '"/w=="', b"\xff")
    shown = {"key": "cross_comm/a/1_fe7e40eb.txt", "name": "a.txt", "path": "src/a.txt"}
    yield entry("file", "file", '"src/a.txt"', compact(shown), shown, '"cross_comm/a/1_fe7e40eb.txt"')
    yield entry("image that was not uploaded", "image", '"C:\\\\pics\\\\p.png"', '{"key":null,"name":"p.png","path":"C:\\\\pics\\\\p.png"}',
                {"key": None, "name": "p.png", "path": "C:\\pics\\p.png"})
    shown = {"key": "cross_comm/a/1_folder/", "name": "folder", "path": "src/folder/"}
    yield entry("folder", "folder", '"src/folder/"', compact(shown), shown, '"cross_comm/a/1_folder/"')
    yield unsayable("NaN", "dict", '{"a": NaN}')
    yield unsayable("dict that is a list", "dict", "[1]")
    yield unsayable("dict that is text but not JSON", "dict", '"hello"')
    yield unsayable("bytes that are not base64", "bytes", '"not base64!"')
    yield unsayable("64 levels", "dict", '{"a":' * 64 + "1" + "}" * 64)
    yield unsayable("64 levels inside text", "dict", json.dumps('{"a":' * 64 + "1" + "}" * 64))


def nest(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def write(name, about, vectors):
    listed = list(vectors)
    text = json.dumps({"about": about, "vectors": listed}, ensure_ascii=True, indent=2)
    (OUT / name).write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(listed)}")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    write("frames.json", "Every frame of both ends in both dialects; all spellings mean the same frame.", frames())
    write("arrays.json", "Several frames in one WebSocket message.", arrays())
    write("spellings.json", "Frames in unusual spellings; each given spelling means the frame.", spelled())
    write("invalid.json", "What is refused: by closing the connection, or frame by frame.",
          [*wrong_fields(), *unknown_ops(), *broken_json(), *broken_msgpack()])
    write("limits.json", "Depth and number of frames, described by pieces that are repeated.", limits())
    write("bodies.json", "Bodies on their way between the dialects.", bodies())
