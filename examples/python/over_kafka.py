"""Asks about every test image over Kafka with confluent-kafka: see examples/README.md."""
import json
import os
import sys
import time
import uuid
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

BROKERS = os.environ.get("KAFKA", "127.0.0.1:9092")
PREFIX = os.environ.get("LETHE_PREFIX", "lethe.")
folder = Path(sys.argv[1] if len(sys.argv) > 1 else "animals") / "test"

# From now on, so that no answer to what is asked below is missed. Lethe writes in transactions: only what is committed counts.
consumer = Consumer(
    {"bootstrap.servers": BROKERS, "group.id": f"example-{uuid.uuid4()}", "isolation.level": "read_committed"}
)
predictions = consumer.list_topics(f"{PREFIX}predictions", timeout=30).topics[f"{PREFIX}predictions"]
ends = []
for partition in predictions.partitions:
    _, end = consumer.get_watermark_offsets(TopicPartition(predictions.topic, partition), timeout=30)
    ends.append(TopicPartition(predictions.topic, partition, end))
consumer.assign(ends)

producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True})
asked = {}
for image in sorted(folder.glob("*/*.webp")):
    query = f"python/{uuid.uuid4()}"
    asked[query] = image.parent.name
    producer.produce(
        f"{PREFIX}queries",
        key=query,
        value=image.read_bytes(),
        headers={
            "ce_specversion": "1.0",
            "ce_type": "lethe.query",
            "ce_source": "examples/python",
            "ce_id": query,
            "ce_truth": image.parent.name,
            "content-type": "image/webp",
        },
    )
producer.flush()

right, answered, until = 0, 0, time.monotonic() + 60
while answered < len(asked) and time.monotonic() < until:
    record = consumer.poll(1)
    if record is None or record.error():
        continue
    prediction = json.loads(record.value())
    if prediction["queryId"] in asked:
        answered += 1
        right += prediction["label"] == asked[prediction["queryId"]]
consumer.close()
print(f"{right} of {answered} right")
sys.exit(0 if answered == len(asked) else 1)
