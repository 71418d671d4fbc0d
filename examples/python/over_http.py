"""Asks, forgets and brings back over HTTP with the standard library alone: see examples/README.md."""
import json
import os
import sys
import uuid
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

URL = os.environ.get("LETHE_URL", "http://127.0.0.1:7070")
TOKEN = os.environ.get("LETHE_TOKEN")
AUTHORIZATION = {"authorization": f"Bearer {TOKEN}"} if TOKEN else {}


def post(role, body, content_type, **attributes):
    """Sends a CloudEvent in binary mode; returns its id once it is in the log."""
    headers = {f"ce-{name}": quote(value) for name, value in attributes.items()}
    request = Request(f"{URL}/v1/{role}", body, {"content-type": content_type, **headers, **AUTHORIZATION})
    with urlopen(request, timeout=30) as response:
        return json.load(response)["id"]


class Stream:
    """Follows a topic: when it is open, nothing that is written afterwards is missed."""

    def __init__(self, role):
        self.response = urlopen(Request(f"{URL}/v1/{role}", headers=AUTHORIZATION), timeout=60)

    def first(self, matches):
        for line in self.response:
            if line.startswith(b"data:"):
                record = json.loads(line[len(b"data:"):])
                if matches(record.get("data", {})):
                    return record["data"]
        raise RuntimeError("Lethe ended")


predictions, events = Stream("predictions"), Stream("events")


def ask(image):
    query = post("queries", image.read_bytes(), "image/webp", id=f"python/{uuid.uuid4()}")
    return predictions.first(lambda prediction: prediction.get("queryId") == query)


def command(**body):
    sent = post("commands", json.dumps(body).encode(), "application/json", actor="examples/python")
    return events.first(lambda event: event.get("commandId") == sent)


image = Path(sys.argv[1] if len(sys.argv) > 1 else "animals") / "test" / "dog" / "002.webp"
print("before:", ask(image)["label"])
print("forgotten:", command(kind="unlearn", classes=["dog"])["kind"])
print("after:", ask(image)["label"])
print("back:", command(kind="relearn", classes=["dog"])["kind"])
