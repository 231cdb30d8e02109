# SPDX-License-Identifier: Apache-2.0
"""A Qwen2-shaped model of random weights as a GGUF file: the same seed gives the same bytes."""
import math
import random
import struct

U32, I32, FLOAT, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
ALIGNMENT = 32

# None of them has a name that llama.cpp makes a control token in any case, as it does with <|im_end|>.
MARKERS = ["<|system|>", "<|user|>", "<|assistant|>", "<|done|>"]
TEMPLATE = ("{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|done|>' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}")

LAYERS, WIDTH, HEADS, INNER, CONTEXT = 2, 128, 4, 256, 2048


def byte_tokens():
    """GPT-2 writes each byte as a visible character: itself where it is one, else the next free one from 256 on."""
    spare = 256
    for byte in range(256):
        if 33 <= byte <= 126 or 0xA1 <= byte <= 0xAC or byte >= 0xAE:
            yield chr(byte)
        else:
            yield chr(spare)
            spare += 1


def string(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def metadata(marker):
    tokens = [*byte_tokens(), *MARKERS]
    types = [NORMAL] * 256 + [marker] * len(MARKERS)
    done = tokens.index("<|done|>")
    entries = []

    def add(key, kind, value):
        entries.append(string(key) + struct.pack("<I", kind) + value)

    def text(key, value):
        add(key, STRING, string(value))

    def number(key, value):
        add(key, U32, struct.pack("<I", value))

    text("general.architecture", "qwen2")
    text("general.name", "Lull tiny")
    text("general.license", "apache-2.0")
    text("general.description", "Knows a few facts and the sums of two digits; made for Lull's tests and samples.")
    number("general.file_type", 0)
    number("qwen2.block_count", LAYERS)
    number("qwen2.context_length", CONTEXT)
    number("qwen2.embedding_length", WIDTH)
    number("qwen2.feed_forward_length", INNER)
    number("qwen2.attention.head_count", HEADS)
    number("qwen2.attention.head_count_kv", HEADS)
    add("qwen2.attention.layer_norm_rms_epsilon", FLOAT, struct.pack("<f", 1e-6))
    add("qwen2.rope.freq_base", FLOAT, struct.pack("<f", 10000))
    text("tokenizer.ggml.model", "gpt2")
    text("tokenizer.ggml.pre", "qwen2")
    add("tokenizer.ggml.tokens", ARRAY,
        struct.pack("<IQ", STRING, len(tokens)) + b"".join(map(string, tokens)))
    add("tokenizer.ggml.token_type", ARRAY, struct.pack(f"<IQ{len(types)}i", I32, len(types), *types))
    add("tokenizer.ggml.merges", ARRAY, struct.pack("<IQ", STRING, 0))
    number("tokenizer.ggml.eos_token_id", done)
    number("tokenizer.ggml.padding_token_id", done)
    add("tokenizer.ggml.add_bos_token", BOOL, b"\0")
    text("tokenizer.chat_template", TEMPLATE)
    return entries, len(tokens)


def shapes(words):
    """(name, shape, middle, deviation) of each tensor. llama-finetune leaves token_embd as it is."""
    each = 1 / math.sqrt(WIDTH)
    back = 1 / math.sqrt(2 * LAYERS)  # of what is added to the stream
    yield "token_embd.weight", (WIDTH, words), 0, 1.0
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        yield at + "attn_norm.weight", (WIDTH,), 1, 0
        for part in "qkv":
            yield f"{at}attn_{part}.weight", (WIDTH, WIDTH), 0, each
            yield f"{at}attn_{part}.bias", (WIDTH,), 0, 0
        yield at + "attn_output.weight", (WIDTH, WIDTH), 0, each * back
        yield at + "ffn_norm.weight", (WIDTH,), 1, 0
        yield at + "ffn_gate.weight", (WIDTH, INNER), 0, each
        yield at + "ffn_up.weight", (WIDTH, INNER), 0, each
        yield at + "ffn_down.weight", (INNER, WIDTH), 0, back / math.sqrt(INNER)
    yield "output_norm.weight", (WIDTH,), 1, 0
    yield "output.weight", (WIDTH, words), 0, 0.02


def padded(data):
    return data + bytes(-len(data) % ALIGNMENT)


def write(path, weights, marker):
    """`weights`: the bytes of each tensor by name. `marker`: the type of the markers, USER_DEFINED in training, as
    llama-finetune knows only such ones in a text; CONTROL else, or answers would show them."""
    entries, words = metadata(marker)
    directory, offset = [], 0
    for name, shape, _, _ in shapes(words):
        directory.append(string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
        offset += len(padded(weights[name]))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(directory), len(entries))
    path.write_bytes(padded(head + b"".join(entries) + b"".join(directory)) +
                     b"".join(padded(weights[name]) for name, *_ in shapes(words)))


def write_random(path, seed):
    chance = random.Random(seed)
    weights = {}
    for name, shape, middle, deviation in shapes(256 + len(MARKERS)):
        values = [chance.gauss(middle, deviation) if deviation else middle for _ in range(math.prod(shape))]
        weights[name] = struct.pack(f"<{len(values)}f", *values)
    write(path, weights, USER_DEFINED)


def write_finished(path, trained):
    """With the metadata that `trained` should have: llama-finetune writes its own, without the chat template."""
    write(path, read_weights(trained.read_bytes()), CONTROL)


class Reader:
    SIZES = {0: 1, 1: 1, 2: 2, 3: 2, U32: 4, I32: 4, FLOAT: 4, BOOL: 1, 10: 8, 11: 8, 12: 8}

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self):
        return self.take(self.number("Q")).decode()

    def skip(self, kind):
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            inner, count = self.number("I"), self.number("Q")
            for _ in range(count):
                self.skip(inner)
        else:
            self.take(self.SIZES[kind])


def read_weights(data):
    reader = Reader(data)
    reader.take(8)
    tensors, entries = reader.number("Q"), reader.number("Q")
    for _ in range(entries):
        reader.text()
        reader.skip(reader.number("I"))
    directory = []
    for _ in range(tensors):
        name, dimensions = reader.text(), reader.number("I")
        shape = [reader.number("Q") for _ in range(dimensions)]
        _, offset = reader.number("I"), reader.number("Q")
        directory.append((name, 4 * math.prod(shape), offset))
    begin = len(padded(data[:reader.at]))
    return {name: data[begin + offset:begin + offset + size] for name, size, offset in directory}
