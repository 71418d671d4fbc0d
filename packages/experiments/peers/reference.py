"""Reference numbers of SSRE on images, by PyTorch in float64: packages/experiments/test/unit/imageSsre/reference.json.

    python packages/experiments/peers/reference.py packages/experiments/test/unit/imageSsre/reference.json

A tiny ResNet-20 with seeded random weights sees seeded random images: loss, gradients and one step of Adam of a first
task; features once the batch normalisations are folded; loss, gradients and step of a later task with side branches.
Arrays are written in base64 as little-endian float32 (images and labels as bytes), kernels in Lethe's
order [height, width, inputs, outputs].
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from networks import Classified, cross_entropy, resnet20

SEED, CHANNELS, SIDE, IMAGES, OLD, NEW = 1993, 2, 8, 6, 3, 1
LEARNING_RATE, WEIGHT_DECAY, TEMPERATURE = 1e-3, 5e-4, 0.1
MEAN = torch.tensor([0.5071, 0.4867, 0.4408], dtype=torch.float64).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.2675, 0.2565, 0.2761], dtype=torch.float64).view(1, 3, 1, 1)


def base64_of(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def floats(tensor):
    """As Lethe lays it out: convolutions [outputs, inputs, h, w] become [h, w, inputs, outputs]."""
    values = tensor.detach()
    if values.dim() == 4:
        values = values.permute(2, 3, 1, 0)
    return base64_of(values.contiguous().numpy().astype("<f4"))


def rounded(tensor):
    """To float32 and back, so that both sides start from the same numbers."""
    return tensor.float().double()


def random_images(generator):
    images = torch.randint(0, 256, (IMAGES, 3, SIDE, SIDE), generator=generator, dtype=torch.uint8)
    return images, (images.double() / 255 - MEAN) / DEVIATION


def parameters_of(model):
    """The classifier, then kernel, gamma and beta of each convolution."""
    convolutions = list(model.trunk.convolutions())
    return [
        model.head.weight,
        model.head.bias,
        *(part for c in convolutions for part in (c.conv.weight, c.norm.weight, c.norm.bias)),
    ]


def stepped(parameters, loss):
    """The loss, its gradients and the parameters after one step of Adam."""
    before = [floats(parameter) for parameter in parameters]
    optimiser = torch.optim.Adam(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    loss.backward()
    gradients = [floats(parameter.grad) for parameter in parameters]
    optimiser.step()
    after = [floats(parameter) for parameter in parameters]
    return {"loss": loss.item(), "parameters": before, "gradients": gradients, "after": after}


def first_task(generator):
    model = Classified(resnet20(CHANNELS), OLD).double()
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(rounded(0.4 * noise + (1 if parameter.dim() == 1 else 0)))
    bytes_, images = random_images(generator)
    labels = torch.arange(IMAGES) % OLD
    task = {
        "images": base64_of(bytes_.numpy()),
        "labels": base64_of(labels.numpy().astype(np.uint8)),
        **stepped(parameters_of(model), cross_entropy(model(images), labels, TEMPERATURE)),
    }
    folded = fold(model, images)
    shown, seen = random_images(generator)
    with torch.no_grad():
        features = model.trunk(seen)
    return model, folded, {**task, "shown": base64_of(shown.numpy()), "features": floats(features)}


def fold(model, images):
    """Gives every normalisation the statistics of these images, and returns the convolutions with it folded in."""
    hooks = []
    for convolution in model.trunk.convolutions():
        def keep(norm, inputs, _):
            norm.running_mean.copy_(inputs[0].mean((0, 2, 3)))
            norm.running_var.copy_(inputs[0].var((0, 2, 3), unbiased=False))
        hooks.append(convolution.norm.register_forward_hook(keep))
    model.train()
    with torch.no_grad():
        model.trunk(images)
    for hook in hooks:
        hook.remove()
    model.eval()
    folded = []
    for convolution in model.trunk.convolutions():
        norm = convolution.norm
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = rounded(convolution.conv.weight * scale.view(-1, 1, 1, 1)).detach()
        bias = rounded(norm.bias - scale * norm.running_mean).detach()
        folded.append((weight, bias, convolution.conv.stride, convolution.conv.padding))
    return folded


class Expanded(nn.Module):
    """A frozen, folded convolution and its 1x1 side branch."""

    def __init__(self, folded, generator):
        super().__init__()
        self.weight, self.bias, self.stride, self.padding = folded
        outputs, inputs = self.weight.shape[:2]
        noise = torch.randn((outputs, inputs, 1, 1), generator=generator, dtype=torch.float64)
        self.side = nn.Parameter(rounded(0.1 * noise))

    def forward(self, x):
        main = F.conv2d(x, self.weight, self.bias, self.stride, self.padding)
        return main + F.conv2d(x, self.side, None, self.stride)


class Frozen(nn.Module):
    def __init__(self, folded):
        super().__init__()
        self.weight, self.bias, self.stride, self.padding = folded

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def later_task(model, folded, generator):
    """mean (1 - s) CE + 10 CE(prototypes) + 128 mean s |f - g|, with s without gradient."""
    trunk, teacher = resnet20(CHANNELS).double(), resnet20(CHANNELS).double()
    sides = []
    for network, grown in ((trunk, True), (teacher, False)):
        parts = iter(folded)
        network.stem = Frozen(next(parts))
        for block in network.blocks:
            block.first, block.second = (
                Expanded(next(parts), generator) if grown else Frozen(next(parts)) for _ in range(2)
            )
            if grown:
                sides += [block.first.side, block.second.side]
            if block.shortcut is not None:
                block.shortcut = Frozen(next(parts))
    bytes_, images = random_images(generator)
    labels = torch.full((IMAGES,), OLD)
    with torch.no_grad():
        g = teacher(images)
        # Like the features, but for one that resembles none.
        prototypes = rounded(g[:OLD] * torch.rand(g[:OLD].shape, generator=generator, dtype=torch.float64))
    drawn = torch.randint(0, OLD, (IMAGES,), generator=generator)
    noise = torch.randn((OLD + NEW, trunk.width), generator=generator, dtype=torch.float64)
    rows = nn.Parameter(rounded(0.2 * noise))
    bias = nn.Parameter(rounded(0.1 * torch.randn(OLD + NEW, generator=generator, dtype=torch.float64)))
    f = trunk(images)
    s = F.cosine_similarity(f[:, None], prototypes[None], dim=2).amax(1).clamp(0, 1).detach()
    classified = F.cross_entropy(F.linear(f, rows, bias) / TEMPERATURE, labels, reduction="none")
    new = ((1 - s) * classified).mean()
    replayed = cross_entropy(F.linear(prototypes[drawn], rows, bias), drawn, TEMPERATURE)
    distilled = 128 * (s * torch.linalg.vector_norm(f - g, dim=1)).mean()
    return {
        "images": base64_of(bytes_.numpy()),
        "trunk": [{"kernel": floats(weight), "bias": floats(b)} for weight, b, *_ in folded],
        "prototypes": [floats(prototype) for prototype in prototypes],
        "drawn": base64_of(drawn.numpy().astype(np.uint8)),
        **stepped([rows, bias, *sides], new + 10 * replayed + distilled),
    }


def main():
    generator = torch.Generator().manual_seed(SEED)
    model, folded, first = first_task(generator)
    later = later_task(model, folded, generator)
    reference = {
        "madeBy": f"packages/experiments/peers/reference.py, PyTorch {torch.__version__}, float64, seed {SEED}",
        "channels": CHANNELS,
        "side": SIDE,
        "learningRate": LEARNING_RATE,
        "weightDecay": WEIGHT_DECAY,
        "temperature": TEMPERATURE,
        "first": first,
        "later": later,
    }
    Path(sys.argv[1]).write_text(json.dumps(reference, indent=2) + "\n")


if __name__ == "__main__":
    main()
