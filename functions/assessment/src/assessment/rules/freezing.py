"""What an attempt asked, as a hash: proof that nobody changed it after the start (X-11)."""

import hashlib
import json
from typing import Any


def content_hash(
    content: dict[str, Any], answer_key: dict[str, Any] | None, rubric: dict[str, Any] | None
) -> str:
    """SHA-256, in hex, of content, key and rubric in canonical JSON (sorted keys, no spaces)."""
    whole = {"content": content, "answer_key": answer_key, "rubric": rubric}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
