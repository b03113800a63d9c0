"""Replies of the loopback server: errors with their status, and answers as a fault has left them."""

from typing import Any

from troupe_es.llm import vectors

MEGABYTE = 1_000_000
LIMITS = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
ERRORS: dict[str, tuple[int, str, str]] = {
    "400": (400, "this model's context is full", "context_length_exceeded"),
    "401": (401, "Incorrect API key provided: {key}", "invalid_api_key"),
    "403": (403, "not yours", "forbidden"),
    "404": (404, "The model does not exist", "model_not_found"),
    "429": (429, "slow down", "rate"),
    "429-bare": (429, "slow down", "rate"),
    "quota": (429, "You exceeded your current quota", "insufficient_quota"),
    "500": (500, "something broke for {key}", "internal"),
    "503": (503, "overloaded", "overloaded"),
    "no-schema": (400, "'response_format' of type 'json_schema' is not supported", "unsupported"),
    "no-format": (422, "body.response_format: extra inputs are not permitted", "extra_forbidden"),
    "no-max-tokens": (400, LIMITS, "unsupported_parameter"),
    "no-max-completion-tokens": (400, "Unrecognized argument: max_completion_tokens", "unknown"),
    "no-temperature": (400, "Unsupported value: 'temperature' does not support 0.7", "unsupported_value"),
    "no-base64": (400, "encoding_format: Input should be 'float'", "invalid_value"),
    "filtered-prompt": (400, "The prompt triggered the content management policy", "content_filter"),
}


def error(kind: str, key: str) -> tuple[int, dict[str, Any]] | None:
    """Return status and body of an error, None for a kind that is none."""
    if kind not in ERRORS:
        return None
    status, message, code = ERRORS[kind]
    return status, {"error": {"message": message.format(key=key), "code": code, "type": "error"}}


def message(kind: str, text: str) -> tuple[dict[str, Any], str]:
    """Return the message and finish reason of a completion whose answer would be ``text``."""
    match kind:
        case "filter":
            return {"content": text[: len(text) // 3]}, "content_filter"
        case "refusal":
            return {"content": None, "refusal": "I can't take part in that."}, "stop"
        case "length":
            return {"content": text[: len(text) // 2]}, "length"
        case "null":
            return {"content": None}, "stop"
    return {"content": _spoilt(kind, text)}, "stop"


def _spoilt(kind: str, text: str) -> str:
    match kind:
        case "malformed":
            return text.replace('":', '" :: ', 1)
        case "schema":
            return '{"moves":["wave"],"mood":3}'
        case "fenced":
            return f"Here you go:\n```json\n{text}\n```\nAnything else?"
        case "prose":
            return "Sure! Here is what I would do. First, I'd think."
        case "blank":
            return " \n\t"
        case "nul":
            return text.replace('":"', '":"\\u0000')
        case "surrogate":
            return f'{text[:-1]},"odd":"\ud800"}}'
        case "duplicate":
            return f"{text[:-1]},{text[1:]}" if text.startswith("{") else text
        case "megabyte":
            return text.replace('":"', f'":"{"and so on " * (MEGABYTE // 10)}', 1)
    return text


def embedding(model: str, text: str, form: str, kind: str, prompt: int) -> dict[str, Any]:
    """Return an embedding; ``text`` is the vector in base64, ``form`` how it is wanted, ``prompt`` tokens."""
    vector = text if form == "base64" else list(vectors.decoded(text))
    return {
        "object": "list",
        "data": [] if kind == "empty" else [{"object": "embedding", "index": 0, "embedding": vector}],
        "model": model,
        "usage": {"prompt_tokens": prompt, "total_tokens": prompt},
    }


def completion(model: str, text: str, kind: str, id: str, usage: tuple[int, int, int]) -> dict[str, Any]:
    """Return a chat completion; ``usage`` counts the tokens of the prompt, of the answer and those cached."""
    content, finish = message(kind, text)
    choice = {"index": 0, "message": {"role": "assistant", **content}, "finish_reason": finish}
    prompt, answer, cached = usage
    return {
        "id": id,
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [] if kind == "empty" else [choice],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }
