"""Training throughput of PyTorch on the CPU (npm run bench:peers).

Reads one JSON object from standard input: {"network": "mlp" | "resnet18", "batch", "steps", "rounds", "threads"}; for
"mlp" also "dimension", "width", "blocks". Prints {"perSecond": [examples a second of each round], "torch": version}.
Each round trains on the same examples with Adam and the cross-entropy at temperature 0.1; the first is not counted.
"""

import json
import sys
import time

import torch

from networks import Classified, ResidualMlp, cross_entropy, resnet18

CLASSES = 5


def main():
    job = json.load(sys.stdin)
    torch.set_num_threads(job["threads"])
    torch.manual_seed(1993)
    examples = job["batch"] * job["steps"]
    if job["network"] == "mlp":
        model = ResidualMlp(job["dimension"], job["width"], job["blocks"], CLASSES)
        data = torch.randn(examples, job["dimension"])
    else:
        model = Classified(resnet18(), CLASSES)
        data = torch.randn(examples, 3, 32, 32)
    if job.get("channelsLast"):
        model = model.to(memory_format=torch.channels_last)
        data = data.to(memory_format=torch.channels_last)
    labels = torch.arange(examples) % CLASSES
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=5e-4)
    speeds = []
    for index in range(job["rounds"] + 1):
        order = torch.randperm(examples)
        started = time.perf_counter()
        for rows in order.split(job["batch"]):
            optimiser.zero_grad()
            loss = cross_entropy(model(data[rows]), labels[rows])
            loss.backward()
            optimiser.step()
            loss.item()
        if index > 0:
            speeds.append(examples / (time.perf_counter() - started))
    print(json.dumps({"perSecond": speeds, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
