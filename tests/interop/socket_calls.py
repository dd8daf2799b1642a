"""Calls procedures with python-socketio, as a program of document 000 does: `socket_calls.py <url> <transport>...`.

Sends the six keys that its client sends, in their order, and prints one JSON line with what came back and how.
"""

import json
import sys
import threading

import socketio

url, *transports = sys.argv[1:]
client = socketio.Client(reconnection=False)
responses = []
complete = threading.Event()
wanted = 4


@client.on("apiResponse")
def on_response(data):
    responses.append(data)
    if len(responses) == wanted:
        complete.set()


def request(api, data, request_id):
    return {
        "api": api,
        "data": data,
        "callback_type": "socket",
        "callback_url": None,
        "callback_func": api,
        "request_id": request_id,
    }


client.connect(url, transports=transports or None, wait_timeout=20)
for number, (api, data) in enumerate([("user.get", {"userId": 7}), ("boom", {}), ("nope", {}), ("quiet", {})]):
    client.emit("api", request(api, data, f"r{number}"))
complete.wait(20)
acknowledged = client.call("api", request("user.get", {"userId": 8}, "acknowledged"), timeout=20)
transport = client.transport()
client.disconnect()
responses.sort(key=lambda response: response["request_id"])
print(json.dumps({"transport": transport, "responses": responses, "acknowledged": acknowledged}))
