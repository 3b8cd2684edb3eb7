#!/usr/bin/python3
"""ONNX models of cases, beside their data files.  onnx_models.py '[{"file": "….safetensors", "spec": {…}}, …]'

Inputs x [steps, batch, inputSize] and the states h0, c0, h1, … [directions, batch, hidden]; outputs y [steps, batch, directions * hidden], ho0, …
"""
import json, os, sys
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tensors import read_tensors

# PyTorch's gate order -> ONNX's: i f g o -> i o f g, r z n -> z r n.
ORDER = {'lstm': [0, 3, 1, 2], 'gru': [1, 0, 2]}


def reordered(w, spec):
    gates = np.split(w, len(ORDER[spec['kind']]), axis=0)
    return np.concatenate([gates[i] for i in ORDER[spec['kind']]], axis=0)


def layer_weights(tensors, spec, layer):
    suffixes = ['', '_reverse'] if spec.get('bidirectional') else ['']
    get = lambda name, suffix: reordered(tensors[f'{name}_l{layer}{suffix}'], spec)
    bias = lambda suffix: np.concatenate([get('bias_ih', suffix), get('bias_hh', suffix)])
    return {
        'W': np.stack([get('weight_ih', s) for s in suffixes]),
        'R': np.stack([get('weight_hh', s) for s in suffixes]),
        'B': np.stack([bias(s) for s in suffixes]),
    }


def model(tensors, spec):
    steps, batch, width = spec['steps'], spec['batch'], spec['inputSize']
    hidden, layers, lstm = spec['hiddenSize'], spec['numLayers'], spec['kind'] == 'lstm'
    directions = 2 if spec.get('bidirectional') else 1
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    constant = lambda name, array: initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
    nodes, initializers, x = [], [], 'x'
    inputs, outputs = [value('x', [steps, batch, width])], [value('y', [steps, batch, directions * hidden])]
    for layer in range(layers):
        for name, array in layer_weights(tensors, spec, layer).items():
            constant(f'{name}{layer}', array)
        parts = ['h', 'c'] if lstm else ['h']
        states, ends = [f'{p}{layer}' for p in parts], [f'{p}o{layer}' for p in parts]
        inputs += [value(s, [directions, batch, hidden]) for s in states]
        outputs += [value(s, [directions, batch, hidden]) for s in ends]
        options = dict(hidden_size=hidden, direction='bidirectional' if directions == 2 else 'forward')
        if not lstm:
            options['linear_before_reset'] = 1
        operands = [x, f'W{layer}', f'R{layer}', f'B{layer}', '', *states]
        nodes.append(helper.make_node('LSTM' if lstm else 'GRU', operands, [f'Y{layer}', *ends], **options))
        x = 'y' if layer == layers - 1 else f'y{layer}'
        if directions == 1:
            constant(f'axis{layer}', np.array([1], np.int64))
            nodes.append(helper.make_node('Squeeze', [f'Y{layer}', f'axis{layer}'], [x]))
        else:
            constant(f'shape{layer}', np.array([0, 0, -1], np.int64))
            nodes.append(helper.make_node('Transpose', [f'Y{layer}'], [f'Z{layer}'], perm=[0, 2, 1, 3]))
            nodes.append(helper.make_node('Reshape', [f'Z{layer}', f'shape{layer}'], [x]))
    graph = helper.make_graph(nodes, 'case', inputs, outputs, initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 14)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    return made


for work in json.loads(sys.argv[1]):
    path = work['file'].replace('.safetensors', '.onnx')
    if not os.path.exists(path):
        onnx.save(model(read_tensors(work['file']), work['spec']), path + '.part')
        os.rename(path + '.part', path)
