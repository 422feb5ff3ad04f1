"""`python -m local.openapi` writes docs/openapi.json; with `--check` it exits 1 when the file is stale."""

import json
import sys

from local.openapi import DOCUMENT, assemble


def main() -> int:
    """Write the document, or check it."""
    fresh = json.dumps(assemble(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        if not DOCUMENT.exists() or DOCUMENT.read_text() != fresh:
            print("docs/openapi.json is stale: run `make openapi` and commit it.", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
