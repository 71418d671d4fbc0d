"""What a program with Confluent's own client does: sends a command with its schema's id, and reads events by theirs."""
import json
import sys
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, registry_url, prefix, command = sys.argv[1:5]
registry = SchemaRegistryClient({"url": registry_url})


def registered(topic):
    return registry.get_latest_version(f"{topic}-value").schema.schema_str


commands, events = f"{prefix}commands", f"{prefix}events"
serialise = JSONSerializer(registered(commands), registry, conf={"auto.register.schemas": False})
producer = Producer({"bootstrap.servers": brokers})
producer.produce(
    commands,
    key="main",
    value=serialise(json.loads(command), SerializationContext(commands, MessageField.VALUE)),
    headers={
        "ce_specversion": "1.0",
        "ce_id": "from-python",
        "ce_type": "lethe.command",
        "ce_source": "python",
        "content-type": "application/json",
    },
)
producer.flush()

deserialise = JSONDeserializer(registered(events), schema_registry_client=registry)
consumer = Consumer(
    {
        "bootstrap.servers": brokers,
        "group.id": f"{prefix}python",
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
    }
)
consumer.subscribe([events])
until = time.time() + 60
while time.time() < until:
    message = consumer.poll(1)
    if message is None or message.error():
        continue
    event = deserialise(message.value(), SerializationContext(events, MessageField.VALUE))
    if event.get("commandId") == "from-python":
        print(json.dumps(event))
        break
consumer.close()
