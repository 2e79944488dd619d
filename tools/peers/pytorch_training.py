"""The training steps of `tools/bench training` in PyTorch, timed in turns with ours.

Arguments: the path of our program, the number of rounds, the steps of a round. Both use two threads and the same
networks, batch, losses and optimizers; each step is what a training makes of a batch, from pictures to new weights.
"""

import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, CLASSES, LABEL, STYLE, PIXELS = 128, 10, 8, 16, 784
SLOPE_EVERY, SLOPE_STEP, GAMMA = 8, 0.05, 0.05
torch.set_num_threads(2)
torch.manual_seed(0)


class Plain(nn.Sequential):
    """The plain autoencoder."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.1), nn.Conv2d(16, 32, 4, 2, 1), nn.LeakyReLU(0.1),
            nn.Flatten(), nn.Linear(1568, 128), nn.Linear(128, 1568), nn.LeakyReLU(0.1), nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.LeakyReLU(0.1), nn.ConvTranspose2d(16, 1, 4, 2, 1),
        )


def decoder():
    return nn.Sequential(
        nn.Linear(LABEL + STYLE, 784), nn.Unflatten(1, (16, 7, 7)), nn.BatchNorm2d(16), nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(16, 24, 4, 2, 1), nn.BatchNorm2d(24), nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(24, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.1),
        nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid(),
    )


def encoder_s():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, 2, 2), nn.ReLU(), nn.Conv2d(32, 40, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(40, 40, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(1960, 128), nn.ReLU(), nn.Linear(128, LABEL),
    )


def encoder_u():
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU(), nn.Flatten(),
        nn.Linear(1568, 128), nn.ReLU(),
    )


def adversary():
    return nn.Sequential(
        nn.BatchNorm1d(STYLE, affine=False), nn.Linear(STYLE, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, CLASSES),
    )


class Discriminator(nn.Module):
    """Features, and the class projected onto them."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, 4, 2, 1), nn.LeakyReLU(0.1), nn.Conv2d(24, 48, 4, 2, 1), nn.LeakyReLU(0.1), nn.Flatten(),
        )
        self.dense = nn.Linear(2353, 128)
        self.head = nn.Linear(128, CLASSES + 1)

    def forward(self, pictures, projection):
        features = self.features(pictures)
        deviation = (features.var(0, correction=0) + 1e-8).sqrt().mean().expand(len(features), 1)
        features = F.leaky_relu(self.dense(torch.cat([features, deviation], 1)), 0.1)
        return (self.head(features) * projection).sum(1)


def log_densities(z, mu, variance):
    precision = 1 / variance
    constant = (mu.square() * precision + variance.log()).sum(1) / 2
    return z @ (mu * precision).T - z.square() @ precision.T / 2 - constant


def held(module):
    """The same call without gradients of the module's parameters."""
    parameters = {name: tensor.detach() for name, tensor in module.named_parameters()}
    return lambda *inputs: torch.func.functional_call(module, parameters, inputs)


class Model:
    """Any of the models: what a training step makes of a batch."""

    def __init__(self, told, gan, consistency):
        self.told, self.gan, self.consistency = told, gan, consistency
        self.decoder, self.encoder_u = decoder(), encoder_u()
        self.average = {name: tensor.clone() for name, tensor in self.decoder.state_dict().items()}
        self.mean, self.log_variance = nn.Linear(128, STYLE), nn.Linear(128, STYLE)
        learned = [self.decoder, self.encoder_u, self.mean, self.log_variance]
        tensors = []
        self.classifies = not told or consistency > 0
        if told:
            self.condition = nn.Linear(128, 128)
            self.decoder_label = nn.Parameter(torch.randn(CLASSES, LABEL))
            self.encoder_label = nn.Parameter(torch.randn(CLASSES, 128) / 128**0.5)
            learned.append(self.condition)
            tensors += [self.decoder_label, self.encoder_label]
        else:
            self.adversary = adversary()
            self.adversary_adam = torch.optim.Adam(self.adversary.parameters(), 2e-3, (0.5, 0.9), foreach=True)
        if self.classifies:
            self.encoder_s = encoder_s()
            self.mu = nn.Parameter(3 * torch.randn(CLASSES, LABEL))
            self.log_sigma = nn.Parameter(torch.zeros(CLASSES, LABEL))
            learned.append(self.encoder_s)
            tensors += [self.mu, self.log_sigma]
        if gan:
            self.discriminator = Discriminator()
            self.discriminator_adam = torch.optim.Adam(
                self.discriminator.parameters(), 2e-3, (0.0, 0.9), foreach=True)
        parameters = [p for module in learned for p in module.parameters()] + tensors
        self.adam = torch.optim.Adam(parameters, 2e-3, (0.5, 0.99), foreach=True)
        self.pictures = torch.rand(BATCH, 1, 28, 28)
        self.classes = torch.arange(BATCH) % CLASSES
        self.labels = F.one_hot(self.classes, CLASSES).float()
        self.projection = torch.cat([self.labels, torch.ones(BATCH, 1)], 1)
        self.steps = 0

    def variance(self):
        return self.log_sigma.exp() + 0.05

    def prior(self, classes):
        if self.told:
            return self.decoder_label[classes]
        return self.mu[classes] + self.variance()[classes].sqrt() * torch.randn(len(classes), LABEL)

    def mixture_losses(self, z):
        densities = log_densities(z, self.mu, self.variance().detach())
        posterior = densities.detach().softmax(1) * self.labels
        likely = -(log_densities(z, self.mu, self.variance()) * posterior).sum() / BATCH
        return 20 * F.cross_entropy(densities, self.classes) + 2 * likely

    def step(self):
        x = self.pictures
        features = self.encoder_u(x)
        if self.told:
            features = F.relu(self.condition(features) + self.labels @ self.encoder_label)
        mean, log_variance = self.mean(features), self.log_variance(features).clamp(-8, 4)
        z_u = mean + (log_variance / 2).exp() * torch.randn(BATCH, STYLE)
        loss = 0.7 * 0.5 * (log_variance.exp() + mean.square() - log_variance - 1).sum() / BATCH
        if self.classifies:
            codes = self.encoder_s(x) + 0.8 * torch.randn(BATCH, LABEL)
            loss = loss + self.mixture_losses(codes)
        if self.told:
            z_s = self.labels @ self.decoder_label
        else:
            z_s = codes
            told = F.cross_entropy(self.adversary(z_u.detach()), self.classes)
            self.adversary_adam.zero_grad()
            told.backward()
            self.adversary_adam.step()
            loss = loss - 6 * held(self.adversary)(z_u).log_softmax(1).mean()
        if self.gan or self.consistency:
            half = BATCH // 2
            new_s = torch.cat([z_s[:half], self.prior(self.classes)[half:]])
            new_u = torch.cat([z_u.detach()[half:], torch.randn(BATCH - half, STYLE)])
            both = self.decoder(torch.cat([torch.cat([z_s, new_s]), torch.cat([z_u, new_u])], 1))
            reconstructed, generated = both[:BATCH], both[BATCH:]
            if self.gan:
                loss = loss + 50 * self.game(both)
            if self.consistency:
                densities = log_densities(held(self.encoder_s)(generated), self.mu.detach(), self.variance().detach())
                loss = loss + self.consistency * F.cross_entropy(densities, self.classes)
        else:
            reconstructed = self.decoder(torch.cat([z_s, z_u], 1))
        if not self.told:
            classes = torch.arange(256) % CLASSES
            densities = log_densities(self.prior(classes), self.mu, self.variance())
            loss = loss + 10 * F.cross_entropy(densities, classes)
        loss = loss + (reconstructed - x).square().sum() / BATCH
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        with torch.no_grad():
            now = {name: t for name, t in self.decoder.state_dict().items() if t.is_floating_point()}
            torch._foreach_lerp_([self.average[name] for name in now], list(now.values()), 0.002)
        self.steps += 1

    def game(self, fakes):
        reconstructed, generated = fakes[:BATCH], fakes[BATCH:]
        score = lambda pictures: self.discriminator(pictures, self.projection)
        judge = held(self.discriminator)
        loss = F.softplus(-score(self.pictures)).mean()
        for fake in (reconstructed.detach(), generated.detach()):
            loss = loss + F.softplus(score(fake)).mean() / 2
        if self.steps % SLOPE_EVERY == 0:
            for pictures in (self.pictures, generated.detach()):
                probe = pictures.detach().requires_grad_()
                (uphill,) = torch.autograd.grad(judge(probe, self.projection).sum(), probe)
                direction = SLOPE_STEP * F.normalize(uphill.flatten(1)).view_as(uphill)
                slope = (score(pictures + direction) - score(pictures - direction)) / (2 * SLOPE_STEP)
                loss = loss + 0.25 * GAMMA * SLOPE_EVERY * slope.square().mean()
        self.discriminator_adam.zero_grad()
        loss.backward()
        self.discriminator_adam.step()
        fooled = sum(F.softplus(-judge(fake, self.projection)).sum() for fake in (reconstructed, generated))
        return fooled / BATCH


def plain():
    network = Plain()
    adam = torch.optim.Adam(network.parameters(), 1e-3, foreach=True)
    pictures = torch.rand(BATCH, 1, 28, 28)

    def step():
        loss = F.mse_loss(network(pictures), pictures)
        adam.zero_grad()
        loss.backward()
        adam.step()

    return step


STEPS = {
    "plain": plain,
    "cvae": lambda: Model(told=True, gan=False, consistency=0).step,
    "lr-livae": lambda: Model(told=False, gan=False, consistency=0).step,
    "lr-livae, L_con": lambda: Model(told=False, gan=False, consistency=5).step,
    "lr-livae-gan, L_con": lambda: Model(told=False, gan=True, consistency=5).step,
    "cvae-gan, L_con": lambda: Model(told=True, gan=True, consistency=5).step,
}


def main():
    program, rounds, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    ours = subprocess.Popen([program, "--serve", "--steps", str(steps)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, bufsize=1)
    print(f"PyTorch {torch.__version__}, two threads, batch {BATCH}, best of {rounds} rounds of {steps} steps in turns")
    print(f"{'images a second':<20} {'ours':>8} {'PyTorch':>8} {'ratio':>6} {'median of ratios':>17}")
    for name, make in STEPS.items():
        step = make()
        for _ in range(8):
            step()
        pairs = []
        for _ in range(rounds):
            ours.stdin.write(name + "\n")
            answer = ours.stdout.readline()
            if not answer:
                sys.exit(f"our program ended while it timed {name}")
            start = time.perf_counter()
            for _ in range(steps):
                step()
            pairs.append((float(answer), BATCH * steps / (time.perf_counter() - start)))
        best = [max(speeds) for speeds in zip(*pairs)]
        ratios = statistics.median(a / b for a, b in pairs)
        print(f"{name:<20} {best[0]:>8.0f} {best[1]:>8.0f} {best[0] / best[1]:>6.2f} {ratios:>17.2f}", flush=True)
    ours.stdin.close()
    sys.exit(ours.wait())


main()
