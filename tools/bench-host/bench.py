#!/usr/bin/env python3
"""Pictures a second on one core: the runtime beside tract and ONNX Runtime on the same decoder.

`tools/bench host` runs it, with the packages in an environment of its own. The decoder is that of the preset
`micro-plain` with random weights: for ONNX in floating point and quantized to int8 (a QDQ file by ONNX Runtime's own
quantizer). The engines take turns, one second each, so that a busy machine is unfair to none; the figure is the median
of the rounds.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

LATENT = 24
# Input and output channels, the side of the output, and the kernel of each layer behind the dense one.
DENSE = (16, 7)
TRANSPOSED = ((16, 24), (24, 8))
CONVOLUTION = (8, 1)


def decoder(path: Path) -> None:
    """The decoder in floating point: one picture at a time."""
    random = numpy.random.default_rng(1)
    weights, nodes = [], []

    def weight(name, *shape):
        fan_in = numpy.prod(shape[1:]) if len(shape) > 1 else 1
        values = random.normal(0, 1 / numpy.sqrt(fan_in), shape).astype(numpy.float32)
        weights.append(numpy_helper.from_array(values, name))
        return name

    channels, side = DENSE
    size = channels * side * side
    nodes.append(helper.make_node("Gemm", ["latent", weight("w0", LATENT, size), weight("b0", size)], ["dense"]))
    weights.append(numpy_helper.from_array(numpy.array([1, channels, side, side]), "shape"))
    nodes.append(helper.make_node("Reshape", ["dense", "shape"], ["map"]))
    nodes.append(helper.make_node("LeakyRelu", ["map"], ["x0"], alpha=0.1))
    last = "x0"
    for index, (inputs, outputs) in enumerate(TRANSPOSED, 1):
        kernel = [last, weight(f"w{index}", inputs, outputs, 4, 4), weight(f"b{index}", outputs)]
        nodes.append(
            helper.make_node("ConvTranspose", kernel, [f"t{index}"], kernel_shape=[4, 4], strides=[2, 2], pads=[1] * 4)
        )
        last = f"x{index}"
        nodes.append(helper.make_node("LeakyRelu", [f"t{index}"], [last], alpha=0.1))
    inputs, outputs = CONVOLUTION
    kernel = [last, weight("w3", outputs, inputs, 3, 3), weight("b3", outputs)]
    nodes.append(helper.make_node("Conv", kernel, ["y"], kernel_shape=[3, 3], pads=[1] * 4))
    nodes.append(helper.make_node("Sigmoid", ["y"], ["pixels"]))
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("latent", TensorProto.FLOAT, [1, LATENT])],
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 1, 28, 28])],
        weights,
    )
    # What tract reads as well.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


class Latents(CalibrationDataReader):
    def __init__(self):
        random = numpy.random.default_rng(2)
        self.rest = [{"latent": random.normal(0, 1, (1, LATENT)).astype(numpy.float32)} for _ in range(100)]

    def get_next(self):
        return self.rest.pop() if self.rest else None


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def onnx_rate(model: onnxruntime.InferenceSession, seconds: float) -> float:
    latents = numpy.random.default_rng(3).normal(0, 1, (64, 1, LATENT)).astype(numpy.float32)
    start, pictures = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for latent in latents:
            model.run(None, {"latent": latent})
        pictures += len(latents)
    return pictures / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the built pixling-bench-host")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        plain, quantized = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        decoder(plain)
        quantize_static(
            plain,
            quantized,
            Latents(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
        )
        sessions = {"ONNX Runtime, float": session(plain), "ONNX Runtime, int8": session(quantized)}

        def program(*words):
            text = subprocess.run([arguments.program, *words, str(arguments.seconds)], check=True, capture_output=True)
            return float(text.stdout)

        engines = {
            "Pixling, int8": lambda: program("pixling", "micro-plain"),
            "tract, float": lambda: program("tract", plain),
            **{name: lambda model=model: onnx_rate(model, arguments.seconds) for name, model in sessions.items()},
        }
        rates = {name: [] for name in engines}
        for _ in range(arguments.rounds):
            for name, run in engines.items():
                rates[name].append(run())
    print(f"{'engine':<22}{'pictures/s':>12}{'best':>10}{'Pixling / it':>14}")
    for name, values in rates.items():
        # Of each round, so that what slows a round slows both.
        ratio = statistics.median(a / b for a, b in zip(rates["Pixling, int8"], values))
        print(f"{name:<22}{statistics.median(values):>12,.0f}{max(values):>10,.0f}{ratio:>14.2f}")


if __name__ == "__main__":
    main()
