"""Layers of a model file in ONNX Runtime, for the test `runtime/tests/suite/engine`.

Arguments: a JSON file with layers and their inputs, and the path of one for what the engine makes of them. Each layer
becomes a QDQ file of its own with the same integers: DequantizeLinear for input, weights (a scale for each output
channel) and bias, the operator, of a modulated layer an addition and a multiplication for each latent and channel, its
activation, QuantizeLinear. ONNX Runtime computes it as written, in floating point
between the two, and again with its optimizer, which puts a kernel on integers in the place of it where there is one.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPERATORS = {"dense": "Gemm", "convolution": "Conv", "depthwise": "Conv", "transposed": "ConvTranspose"}
# What the optimizer makes of them.
INTEGER_KERNELS = {"QGemm", "QLinearConv"}
# Added to values and zero points: on x86-64 the engine has integer kernels for activations without a sign only.
OFFSET = 128


def window_of(layer):
    """Kernel and strides, and the padding above, left, below and right, which may be negative: rows that no window
    reaches."""
    if layer["operator"] == "transposed":
        return [4, 4], [2, 2], [1, 1, 1, 1]
    window = layer["window"]
    padding = list(window["padding"])
    for axis in range(2):
        reached = (layer["output"][axis] - 1) * window["stride"] + window["kernel"][axis]
        padding.append(reached - window["padding"][axis] - layer["input"][axis])
    return window["kernel"], [window["stride"]] * 2, padding


def qdq_model(layer, input_shape, pads):
    inputs, outputs = layer["input"][2], layer["output"][2]
    # The shape of the weights, and the axis of the output channels.
    if layer["operator"] == "dense":
        shape, axis = [-1, int(numpy.prod(layer["input"]))], 0
        output_shape = ["n", int(numpy.prod(layer["output"]))]
        attributes = {"transB": 1}
    else:
        kernel, strides, _ = window_of(layer)
        first = {"convolution": [outputs, inputs], "depthwise": [inputs, 1], "transposed": [inputs, outputs]}
        shape, axis = first[layer["operator"]] + kernel, int(layer["operator"] == "transposed")
        output_shape = ["n", outputs, *layer["output"][:2]]
        group = inputs if layer["operator"] == "depthwise" else 1
        attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads, "group": group}
    weights = numpy.array(layer["weights"], numpy.int8).reshape(shape)
    bias = numpy.array(layer["bias"], numpy.int32)
    # A dense layer has a bias for each value and a scale for each channel.
    weight_scales = numpy.resize(numpy.array(layer["weight_scales"], numpy.float32), bias.shape)
    input_scale = numpy.float32(layer["input_scale"])

    constants = {
        "input_scale": input_scale,
        "input_zero_point": numpy.uint8(layer["input_zero_point"] + OFFSET),
        "weights": weights,
        "weight_scales": weight_scales,
        "weight_zero_points": numpy.zeros(bias.shape, numpy.int8),
        "bias": bias,
        "bias_scales": input_scale * weight_scales,
        "bias_zero_points": numpy.zeros(bias.shape, numpy.int32),
        "output_scale": numpy.float32(layer["output_scale"]),
        "output_zero_point": numpy.uint8(layer["output_zero_point"] + OFFSET),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["input", "input_scale", "input_zero_point"], ["x"]),
        helper.make_node("DequantizeLinear", ["weights", "weight_scales", "weight_zero_points"], ["w"], axis=axis),
        helper.make_node("DequantizeLinear", ["bias", "bias_scales", "bias_zero_points"], ["b"], axis=0),
        helper.make_node(OPERATORS[layer["operator"]], ["x", "w", "b"], ["sum"], **attributes),
    ]
    last = "sum"
    inputs_info = [helper.make_tensor_value_info("input", TensorProto.UINT8, input_shape)]
    if layer["modulation"]:
        for name, node, before in (("term", "Add", "sum"), ("factor", "Mul", "shifted")):
            inputs_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", outputs, 1, 1]))
            last = {"Add": "shifted", "Mul": "scaled"}[node]
            nodes.append(helper.make_node(node, [before, name], [last]))
    if layer["activation"] == "ReLU":
        nodes.append(helper.make_node("Relu", [last], ["activated"]))
        last = "activated"
    elif layer["activation"] == "leaky ReLU":
        nodes.append(helper.make_node("LeakyRelu", [last], ["activated"], alpha=layer["slope"]))
        last = "activated"
    nodes.append(helper.make_node("QuantizeLinear", [last, "output_scale", "output_zero_point"], ["output"]))
    graph = helper.make_graph(
        nodes,
        layer["operator"],
        inputs_info,
        [helper.make_tensor_value_info("output", TensorProto.UINT8, output_shape)],
        [numpy_helper.from_array(numpy.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def run(model, inputs, level, optimized):
    """The kinds of nodes that the engine ran, and their output."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(optimized)
    # Without it, kernels for x86-64 without VNNI saturate the sum of two products at 16 bits.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, inputs)
    return {node.op_type for node in onnx.load(optimized).graph.node}, outputs


def compute(layer, optimized):
    """What the engine makes of each of the layer's inputs: as written, and where it has one by a kernel on integers."""
    inputs = (numpy.array(layer["inputs"], numpy.int16) + OFFSET).astype(numpy.uint8)
    pads = None
    if layer["operator"] != "dense":
        inputs = inputs.reshape(-1, *layer["input"]).transpose(0, 3, 1, 2)
        padding = window_of(layer)[2]
        # Rows and columns that no window reaches are left out: ONNX knows no negative padding.
        height, width = (layer["input"][axis] + min(padding[2 + axis], 0) for axis in range(2))
        inputs = numpy.ascontiguousarray(inputs[:, :, :height, :width])
        pads = [max(pad, 0) for pad in padding]
    model = qdq_model(layer, ["n", *inputs.shape[1:]], pads)
    fed = {"input": inputs}
    if layer["modulation"]:
        factors, terms = (numpy.array(values)[:, :, None, None] for values in layer["modulation"])
        # In the units of the sums.
        units = numpy.float32(layer["input_scale"]) * numpy.array(layer["weight_scales"], numpy.float32)
        fed["factor"] = factors.astype(numpy.float32)
        fed["term"] = (terms * units[:, None, None]).astype(numpy.float32)

    def answer(kernel, outputs):
        if layer["operator"] != "dense":
            outputs = outputs.transpose(0, 2, 3, 1)
        outputs = outputs.reshape(len(inputs), -1).astype(numpy.int16) - OFFSET
        return {"kernel": kernel, "outputs": outputs.tolist()}

    levels = onnxruntime.GraphOptimizationLevel
    _, outputs = run(model, fed, levels.ORT_DISABLE_ALL, optimized)
    answers = [answer("float", outputs)]
    kinds, outputs = run(model, fed, levels.ORT_ENABLE_ALL, optimized)
    answers.extend(answer(kernel, outputs) for kernel in kinds & INTEGER_KERNELS)
    return answers


def main():
    question, answer = map(Path, sys.argv[1:])
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        for layer in json.loads(question.read_text()):
            try:
                answers.append(compute(layer, Path(folder, "optimized.onnx")))
            except Exception as error:
                sys.exit(f"{layer['name']}: {type(error).__name__}: {error}")
    answer.write_text(json.dumps({"engine": f"ONNX Runtime {onnxruntime.__version__}", "layers": answers}))


if __name__ == "__main__":
    main()
