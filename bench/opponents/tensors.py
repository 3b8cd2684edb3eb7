"""Reads the files that bench/tensors.mjs writes: safetensors, float32 and int32."""
import json
import numpy as np

DTYPES = {'F32': np.float32, 'I32': np.int32}


def read_tensors(path):
    with open(path, 'rb') as file:
        data = file.read()
    length = int.from_bytes(data[:8], 'little')
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        begin, end = (8 + length + offset for offset in entry['data_offsets'])
        tensors[name] = np.frombuffer(data[begin:end], DTYPES[entry['dtype']]).reshape(entry['shape']).copy()
    return tensors
