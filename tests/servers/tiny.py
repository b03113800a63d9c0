"""Writes a language model of random weights, 115 KB, that the real engine loads in a blink: it knows only bytes.

Whatever it says is noise; held to a schema, it is noise that fits. Never assert its words.
"""

from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, INNER, CONTEXT = 32, 2, 1, 64, 16384
CONTROL = ["<s>", "</s>"]
MERGED = ["th"]
VOCABULARY = len(CONTROL) + 256 + len(MERGED)
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}<|im_start|>assistant\n"
)


def write(path: Path, seed: int = 1) -> Path:
    """Write the model to ``path``; another ``seed`` gives other weights, so another hash."""
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer)
    _tokenise(writer)
    random = np.random.default_rng(seed)
    for name, shape in _tensors().items():
        scale = 1.0 if name.endswith("norm.weight") else random.normal(0, 0.3, shape)
        writer.add_tensor(name, (np.ones(shape) * scale).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: gguf.GGUFWriter) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)


def _tokenise(writer: gguf.GGUFWriter) -> None:
    """One token for each byte, and the one pair that the format wants merged."""
    kinds = [gguf.TokenType.CONTROL] * len(CONTROL) + [gguf.TokenType.NORMAL] * (256 + len(MERGED))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([*CONTROL, *_letters(), *MERGED])
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in MERGED])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_chat_template(TEMPLATE)


def _letters() -> list[str]:
    """Return the letters by which this kind of vocabulary writes the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def _tensors() -> dict[str, tuple[int, ...]]:
    square, block = (WIDTH, WIDTH), "blk.0."
    return {
        "token_embd.weight": (VOCABULARY, WIDTH),
        "output_norm.weight": (WIDTH,),
        "output.weight": (VOCABULARY, WIDTH),
        block + "attn_norm.weight": (WIDTH,),
        block + "attn_q.weight": square,
        block + "attn_k.weight": square,
        block + "attn_v.weight": square,
        block + "attn_output.weight": square,
        block + "ffn_norm.weight": (WIDTH,),
        block + "ffn_gate.weight": (INNER, WIDTH),
        block + "ffn_up.weight": (INNER, WIDTH),
        block + "ffn_down.weight": (WIDTH, INNER),
    }
