"""The networks of SSRE in PyTorch, as Lethe has them: peers for speed and for numbers."""

import torch
from torch import nn
from torch.nn import functional as F


class ResidualMlp(nn.Module):
    """x -> ReLU(stem(x)) -> blocks ReLU(h + second(ReLU(first(h)))) -> classifier (src/model/ssre/trunk.ts)."""

    def __init__(self, dimension, width, blocks, classes):
        super().__init__()
        self.stem = nn.Linear(dimension, width)
        self.blocks = nn.ModuleList(
            nn.ModuleList((nn.Linear(width, width), nn.Linear(width, width))) for _ in range(blocks)
        )
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        h = F.relu(self.stem(x))
        for first, second in self.blocks:
            h = F.relu(h + second(F.relu(first(h))))
        return self.head(h)


class NormalisedConv(nn.Module):
    """A convolution without bias and its batch normalisation."""

    def __init__(self, inputs, outputs, size, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = NormalisedConv(inputs, outputs, 3, stride)
        self.second = NormalisedConv(outputs, outputs, 3, 1)
        alike = stride == 1 and inputs == outputs
        self.shortcut = None if alike else NormalisedConv(inputs, outputs, 1, stride)

    def forward(self, x):
        main = self.second(F.relu(self.first(x)))
        return F.relu(main + (x if self.shortcut is None else self.shortcut(x)))


class ResNet(nn.Module):
    """ResNet-18 (4 stages of 2 blocks, 64 channels) or ResNet-20 (3 of 3, 16) for small images, without classifier."""

    def __init__(self, stages, blocks, channels):
        super().__init__()
        self.stem = NormalisedConv(3, channels, 3, 1)
        layers, inputs = [], channels
        for stage in range(stages):
            outputs = channels * 2**stage
            for index in range(blocks):
                layers.append(Block(inputs, outputs, 2 if stage > 0 and index == 0 else 1))
                inputs = outputs
        self.blocks = nn.ModuleList(layers)
        self.width = inputs

    def convolutions(self):
        """In the order of Lethe's convolutionsOf: the stem, then each block's first, second and shortcut."""
        yield self.stem
        for block in self.blocks:
            yield from (block.first, block.second)
            if block.shortcut is not None:
                yield block.shortcut

    def forward(self, x):
        x = F.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return x.mean((2, 3))


class Classified(nn.Module):
    """A trunk and its classifier."""

    def __init__(self, trunk, classes):
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(trunk.width, classes)

    def forward(self, x):
        return self.head(self.trunk(x))


def resnet18(channels=64):
    return ResNet(4, 2, channels)


def resnet20(channels=16):
    return ResNet(3, 3, channels)


def cross_entropy(logits, labels, temperature=0.1):
    return F.cross_entropy(logits / temperature, labels)


__all__ = ["Classified", "ResNet", "ResidualMlp", "cross_entropy", "resnet18", "resnet20", "torch"]
